"""The textbook's stories in English.

A plot is a sequence of beats; a beat is a tuple of sentences of which one is told. Every sentence of a beat follows
from every sentence of the beat before it, so any choice makes a story with a cause and a consequence. Names in braces
are filled from PEOPLE, SLOTS and SKILLS.
"""

Plot = tuple[tuple[str, ...], ...]

PEOPLE = (
    ("Tom", "he", "his", "him"),
    ("Ben", "he", "his", "him"),
    ("Sam", "he", "his", "him"),
    ("Leo", "he", "his", "him"),
    ("Max", "he", "his", "him"),
    ("Mia", "she", "her", "her"),
    ("Lily", "she", "her", "her"),
    ("Anna", "she", "her", "her"),
    ("Rosa", "she", "her", "her"),
    ("Nora", "she", "her", "her"),
)
"""Name, and the pronouns for who does, whose it is and to whom it happens."""

SLOTS = {
    "adult": ("Mom", "Dad", "Grandma", "Grandpa"),
    "colour": ("red", "blue", "green", "yellow", "white", "pink"),
    "thing": ("hat", "cap", "scarf", "ribbon", "balloon"),
    "toy": ("ball", "drum", "doll", "toy train", "toy boat", "kite"),
    "treat": ("cake", "pie", "cookie", "bun", "pear", "peach"),
    "pet": ("kitten", "puppy", "duckling", "rabbit"),
    "place": ("the park", "the river", "the pond", "the beach", "the lake", "the farm"),
    "fast": ("rabbit", "fox", "pony", "cat"),
    "slow": ("turtle", "snail", "duck", "beetle"),
    "big": ("bear", "lion", "tiger", "wolf"),
    "small": ("mouse", "frog", "bird", "squirrel"),
}

SKILLS = (
    ("ride a bike", "fell into the grass"),
    ("swim", "swallowed a lot of water"),
    ("skate", "slid and sat down on the ice"),
    ("whistle", "blew and blew, but no sound came"),
    ("jump rope", "stepped on the rope"),
    ("row a boat", "went round and round"),
)
"""What one wants to learn, and what happens the first time."""

PLOTS: tuple[Plot, ...] = (
    (  # lost and found
        (
            "{A} had a {colour} {thing} and took it everywhere.",
            "{adult} gave {A} a {colour} {thing}. {A} loved it very much.",
            "{A} liked {his} {colour} {thing} best of all.",
        ),
        (
            "One windy day it blew away.",
            "One day, on the way home from {place}, it was gone.",
            "One morning {he} could not find it.",
        ),
        (
            "{He} looked by the door and under the bed, but it was not there.",
            "{He} looked and looked until {he} wanted to cry.",
        ),
        (
            '"Do not be sad," said {B}. "I will help you look."',
            "{B} saw that {A} was sad and came to help.",
        ),
        (
            "They found it high in a tree, and {adult} got it down.",
            "At last they found it behind a big rock.",
            "Then {B}'s dog began to bark. The {thing} was in the tall grass!",
        ),
        (
            "{A} was so happy that {he} gave {B} half of {his} {treat}.",
            '"Thank you," said {A}. "It is good to have a friend."',
        ),
    ),
    (  # the wet animal that stayed
        (
            "It was raining. {A} saw a {pet} under a tree, all wet.",
            "On the way home in the rain {A} met a little {pet}. It was shaking with cold.",
        ),
        (
            "{He} took it home, dried it and gave it something to eat.",
            "{He} put the {pet} under {his} coat and carried it home.",
        ),
        (
            "Soon the {pet} was warm and fell asleep at {his} feet.",
            "The {pet} looked up at {him}, closed its eyes and fell asleep.",
        ),
        (
            "The next day the sun came out, but the {pet} did not want to leave.",
            "When the rain stopped, {A} opened the door, but the {pet} stayed.",
        ),
        (
            '"It likes you," said {adult}. "It may stay."',
            "From that day on, {A} had a new friend.",
        ),
    ),
    (  # waiting for a seed
        (
            "In spring {A} put a seed into the ground.",
            "{adult} gave {A} a seed. {He} planted it in a pot by the window.",
        ),
        (
            "{He} gave it water every day, but nothing came up.",
            "Every morning {he} looked, and every morning there was only earth.",
        ),
        (
            '"Is it dead?" asked {A}. "No," said {adult}, "it is working where you cannot see it."',
            '"Why is it so slow?" {he} asked. "Good things take time," said {adult}.',
        ),
        (
            "Then it rained, and in the morning there was a small green leaf.",
            "One warm day a small green leaf looked out of the earth.",
        ),
        (
            "In summer it was a yellow flower, as tall as {A}.",
            "In summer there was a big red flower, and the bees came to it.",
        ),
        (
            '{A} smiled. "I am glad that I did not give up," {he} said.',
            "Now {A} knew how to wait.",
        ),
    ),
    (  # the kite in the tree
        (
            "{A} and {B} were flying a {colour} kite when the string broke.",
            "{A} was flying a kite with {B}. A strong wind pulled it out of {his} hand.",
        ),
        (
            "The kite got stuck in a tall tree.",
            "The kite flew into a tree and stayed there.",
        ),
        (
            "{A} jumped, but the tree was too high.",
            "{A} shook the tree, but the kite did not move.",
        ),
        (
            "{B} thought for a while and then ran home for a ladder.",
            "{B} had an idea. They tied a hook to a long stick.",
        ),
        (
            "Soon the kite was free.",
            "They pulled a little, and down came the kite.",
        ),
        (
            '"You are clever!" said {A}, and they ran up the hill with it.',
            "They tied a new string to it, and the kite flew higher than before.",
        ),
    ),
    (  # the toy nobody else may touch
        (
            "{A} got a new {toy} and did not want to share it.",
            "{adult} gave {A} a {colour} {toy}. {A} held it tight.",
        ),
        (
            '"May I play too?" asked {B}. "No, it is mine," said {A}.',
            '{B} asked for a turn, but {A} said, "No! Go away."',
        ),
        (
            "So {B} went away, and the other children went too.",
            "So the children went to play at {place} without {him}.",
        ),
        (
            "Now {A} was alone, and the {toy} was no fun.",
            "It was very quiet. {A} did not feel like playing any more.",
        ),
        (
            '{He} ran to {B} and said, "I am sorry. Let us play together."',
            "The next day {he} took the {toy} along and gave {B} the first turn.",
        ),
        (
            "They played until it was dark.",
            "{B} laughed, and {A} laughed too. It was much more fun than before.",
        ),
    ),
    (  # the broken cup
        (
            "{A} was running in the house and knocked a cup off the table.",
            "{A} kicked a ball in the kitchen. Crash! A cup was broken.",
        ),
        (
            "It was {adult}'s best cup. {A} was afraid.",
            "Nobody had seen it. {A} wanted to say that the cat did it.",
        ),
        (
            'But {he} went to {adult} and said, "I broke the cup. I am sorry."',
            "{He} thought about it for a long time. Then {he} told {adult} the truth.",
        ),
        (
            "{adult} was not angry because {A} was honest.",
            '"A cup is only a cup," said {adult}. "I am glad that you told me."',
        ),
        (
            "They swept the floor together, and {A} felt light again.",
            "After that, {A} walked slowly in the house.",
        ),
    ),
    (  # fast and slow
        (
            "A {fast} laughed at a {slow} because it was slow.",
            'A {fast} met a {slow}. "You will never get anywhere," said the {fast}.',
        ),
        (
            '"Let us race to {place}," said the {slow}.',
            "The {slow} was not angry. It asked for a race to {place}.",
        ),
        (
            "The {fast} ran far ahead and then lay down for a nap.",
            "The {fast} was so sure to win that it stopped to eat and play.",
        ),
        (
            "The {slow} went on, step by step, and did not stop.",
            "The {slow} did not look left or right. It just went on.",
        ),
        (
            "When the {fast} came at last, the {slow} was already there.",
            "The {fast} jumped up and ran, but it was too late.",
        ),
        (
            '"Now I know," said the {fast}. "Fast feet do not help if they stand still."',
            "The {fast} never laughed at slow animals again.",
        ),
    ),
    (  # salt for sugar
        (
            "It was {adult}'s birthday, so {A} made a cake.",
            "{A} and {B} wanted to make a cake for {adult}.",
        ),
        (
            "But {A} was in a hurry and took salt instead of sugar.",
            "The salt stood beside the sugar, and {A} did not look well.",
        ),
        (
            "{adult} took a bite and made a funny face.",
            '"Oh!" said {adult}. "This cake tastes like the sea!"',
        ),
        (
            "{A} was sad at first, but then they all laughed.",
            '"I will make another one," said {A}, "and this time I will look."',
        ),
        (
            "The second cake was sweet, and nothing was left of it.",
            "This time {he} tasted the sugar first, and the cake was very good.",
        ),
    ),
    (  # afraid of the dark
        (
            "{A} was afraid of the dark and could not sleep.",
            "When the lamp went out, {A} hid under the blanket.",
        ),
        (
            "{adult} took {him} by the hand and opened the window.",
            '"Come and look," said {adult}, and they went outside.',
        ),
        (
            "The moon was round, and the sky was full of stars.",
            "There were more stars than anyone could count.",
        ),
        (
            '"If it were not dark," said {adult}, "we could not see them."',
            '"The stars need the dark," said {adult}.',
        ),
        (
            "After that, {A} was not afraid any more.",
            "{A} looked and looked until {he} fell asleep.",
        ),
    ),
    (  # a friend is ill
        (
            "{B} was ill and had to stay in bed.",
            "{B} did not come to school because {Bhe} was ill.",
        ),
        (
            "{A} took a {treat} and went to see {Bhim}.",
            "{A} made a picture of {place} and took it to {Bhim}.",
        ),
        (
            "{A} sat by the bed and told {Bhim} a funny story.",
            '"We all miss you," said {A}.',
        ),
        (
            "{B} laughed so much that {Bhe} forgot to be ill.",
            "{B} smiled for the first time in days.",
        ),
        (
            "Soon they were running around at {place} again.",
            "The next week, when {A} was ill, {B} came to see {him}.",
        ),
    ),
    (  # learning takes practice
        (
            "{A} wanted to {skill}.",
            "{B} could {skill}, and {A} wanted to learn it too.",
        ),
        ("The first time {he} {failure}.",),
        (
            '"It is too hard," said {A}. "I will never learn it."',
            "{A} was angry and wanted to go home.",
        ),
        (
            '"I was like that too," said {B}. "Try again."',
            '"Everyone starts like this," said {adult}.',
        ),
        (
            "So {he} tried again every day, and every day it went a little better.",
            "So {he} tried again, and again, and again.",
        ),
        (
            "In the end {A} could {skill} very well.",
            "One day it worked. {A} shouted for joy.",
        ),
    ),
    (  # the small one helps the big one
        (
            'A {small} wanted to be friends with a {big}. "You are too small to help me," said the {big}.',
            "A big {big} laughed at a {small} because it was so small.",
        ),
        (
            "One day the {big} had a thorn in its foot and could not walk.",
            "Then the {big} stepped on a thorn. It hurt so much that it cried.",
        ),
        (
            "The {small} came and pulled the thorn out.",
            'The {small} was not afraid. "Hold still," it said, and pulled out the thorn.',
        ),
        (
            '"Thank you," said the {big}. "I was wrong about you."',
            "The {big} was ashamed and said that it was sorry.",
        ),
        (
            "From then on they were the best of friends.",
            "When winter came, the {big} kept the {small} warm.",
        ),
    ),
    (  # the snowman in spring
        (
            "It snowed all night. {A} and {B} made a big snowman.",
            "{A} made a snowman and gave it a {colour} hat.",
        ),
        (
            '"Come in, it is cold out here," {A} said to the snowman.',
            "{A} wanted to take the snowman into the house.",
        ),
        (
            '"Snow melts where it is warm," said {adult}.',
            '"If it comes in, it will turn into water," said {adult}.',
        ),
        (
            "Then the sun came out, and the snowman grew smaller every day.",
            "A few days later it was warm, and only a heap of snow was left.",
        ),
        (
            '{A} waved. "Come back next winter!" {he} said.',
            '"It will come back next winter," said {adult}, and {A} was not so sad any more.',
        ),
    ),
    (  # a noise at night
        (
            "In the night {A} heard something at the door. Scratch, scratch.",
            "{A} woke up because of a noise. Something was under the window.",
        ),
        (
            '"Is it a wolf?" {he} thought, and {he} did not dare to move.',
            "{He} was afraid and called {adult}.",
        ),
        (
            "{adult} took a lamp and opened the door. There sat a {pet}.",
            "{adult} looked outside and began to laugh. It was only a {pet}.",
        ),
        (
            "It was hungry and had smelled the {treat} on the table.",
            "It was cold and wanted to come in.",
        ),
        (
            "{A} laughed too and made a bed for it in a box.",
            '"Poor {pet}," said {A}. "You were more afraid than I was."',
        ),
    ),
    (  # the bird that came back
        (
            "After the storm {A} found a small bird under a tree. Its wing was hurt.",
            "{A} found a bird that could not fly.",
        ),
        (
            "{He} took it home and fed it every day.",
            "{He} put it in a warm box and gave it water and seeds.",
        ),
        (
            "Soon the bird was well and sang in the morning.",
            "After some weeks it could fly from the chair to the table.",
        ),
        (
            "{A} wanted to keep it, but {he} opened the window.",
            '"You need the sky more than I need you," said {A}, and let it go.',
        ),
        (
            "In spring the bird came back and sang in front of {his} window.",
            "The bird flew around the house and away, and {A} waved for a long time.",
        ),
    ),
)

REASONS = (
    ("Why is the grass wet?", "it rained in the night"),
    ("Why is the ice gone?", "the sun was warm today"),
    ("Why do the birds fly south?", "winter is cold here"),
    ("Why is the dog barking?", "there is a cat in the tree"),
    ("Why are the leaves yellow?", "it is autumn now"),
    ("Why must I go to bed early?", "children grow when they sleep"),
    ("Why is the bread hard?", "nobody closed the bag"),
    ("Why does the baby cry?", "it is hungry"),
    ("Why is the flower so dry?", "you forgot to give it water"),
    ("Why do I have to wear a coat?", "there is snow outside"),
)
"""Questions and answers that begin with "because"."""

ASKING = (
    '"{question}" asked {A}. "Because {reason}," said {adult}.',
    '{A} asked {B}, "{question}" "Because {reason}."',
)
