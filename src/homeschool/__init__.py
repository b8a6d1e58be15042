"""homeschool: raise a language model at home: textbook, worked examples, exams. Then know that the marks are real."""

__version__ = "0.1.0"
