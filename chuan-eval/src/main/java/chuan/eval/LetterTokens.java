package chuan.eval;

/// Which tokens stand for the letters of a multiple-choice question. In the vocabulary of Baichuan
/// `A` at the beginning of a word is 703 and `A` behind another character is 31132; after `Answer:
/// ` the first occurs in the examples, after `答案：` the second, and scripts that compare the form
/// that does not occur measure something else.
public enum LetterTokens {
    /// As after a blank: the last token of the letter alone.
    WORD_START,
    /// The letter itself, as in the middle of a text.
    PLAIN
}
