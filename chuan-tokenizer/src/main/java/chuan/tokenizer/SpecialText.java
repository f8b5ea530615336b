package chuan.tokenizer;

/// What happens when a text spells the name of a special piece. Text that spells none gives the
/// same ids in every mode; line breaks, tabs, digits and HTML tags of the vocabulary are ordinary
/// text and cut out in every mode.
public enum SpecialText {
    /// Nothing a text says becomes a marker: `<reserved_103>`, `<SEP>`, `</s>` are encoded letter
    /// by letter like any other words. For everything a user or a document says.
    PLAIN,

    /// As the SentencePiece library: markers that are user-defined pieces (`<reserved_103>`) become
    /// their ids, control pieces (`</s>`) stay letters. For comparison with it.
    SENTENCEPIECE,

    /// As the official Baichuan tokenizer class of the Python library: in addition `<s>`, `</s>`
    /// and `<unk>` become their ids, and each stretch between them gets a dummy prefix of its own.
    /// For comparison with it, and for prompts whose author is trusted.
    OFFICIAL_CLASS
}
