"""The words that ``spell_backward`` asks: common English ones, Chinese ones, and the letters for made-up ones."""

# Few consonants on purpose: with all of them, made-up words for children soon include rude ones.
CONSONANTS = "bdlmnrstv"
VOWELS = "aeiou"

_ENGLISH = """
able about above after again air all along also animal answer apple april arm around ask aunt autumn away baby back bag
ball bank basket beach bean bear bed bell bench best big bird blue boat book bottle bowl box boy branch brave bread
breakfast bridge bright bring broom brother brown brush bucket build bus butter button cake call camel candle car
careful carrot castle cat chair chalk cheese cherry chicken child circle city clean clever clock cloud coat cold color
corn cotton count cousin cow cup dance danger daughter day deep desk dinner dish doctor dog donkey door down draw dream
dress drink drum dry duck early earth east easy egg elbow empty evening every face fall family farm fast father feather
field finger fire fish flag floor flower fly fog food foot forest fork forget fox friend frog fruit game garden gate
ghost giant girl glass glove goat gold good grape grass green ground grow guest hair half hammer hand happy harbor hat
head hear heart heavy hello help hen high hill holiday home honey horse hot house hungry ice island jacket jam jar jump
jungle keep kettle key kind king kitchen kite kitten knife ladder lake lamb lamp language large laugh leaf learn left
leg lemon lesson letter light lion listen little long lost loud lunch magic many map market milk mirror money monkey
moon morning mother mountain mouse mouth music name neck needle nest never new night north nose number nurse ocean old
onion open orange oven owl paint pancake paper parent park party path pear pen pencil people pepper picnic picture pig
pillow pink pirate planet plant plate play pocket pond pony potato present pretty prince pumpkin puppy queen question
quick quiet rabbit rain read red ribbon rice ring river road robin rock roof room root rope rose round sail salt sand
scarf school science sea season seed seven shadow share sheep shell ship shirt shoe short shoulder shovel silver simple
sing sister six sky sleep slow small smile snail snow soap sock soft song soup south spoon spring square stairs star
start station stone story storm strong sugar summer sun sweet swim table tail tall teacher tent thank thing thumb ticket
tiger time tired tomato tooth tower town toy train travel tree true turtle twelve umbrella uncle under village violin
voice wagon walk wall warm wash watch water weather week west wheel whisper white wind window winter wise wolf wonder
wood wool word work world write yellow young zebra
"""

_CHINESE = """
春天 夏天 秋天 冬天 月亮 太阳 星星 大海 小河 花园 苹果 西瓜 蛋糕 朋友 妈妈 学校 小猫 小狗 乌龟 狐狸 风筝 雪人 雨伞
红苹果 大西瓜 小雨伞 好朋友 大雪人 小老鼠 花园里 大海边 新书包 红帽子 小兔子 一朵花 大树下 放风筝 下雪了
又大又圆 有说有笑 又香又甜 说说笑笑 开开心心 春天来了 春暖花开 月亮出来了 太阳晒着小河 小朋友笑了
"""

ENGLISH = tuple(_ENGLISH.split())
CHINESE = tuple(_CHINESE.split())
