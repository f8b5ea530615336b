package chuan.tokenizer;

/// A tokenizer or shard file that cannot be used. The message is one line: file, byte offset,
/// cause.
public final class MalformedTokenizerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String file;
    private final long offset;

    /// `offset`: byte position in the file where the problem was seen.
    public MalformedTokenizerException(String file, long offset, String problem) {
        super(file + ": offset " + offset + ": " + problem);
        this.file = file;
        this.offset = offset;
    }

    public String file() {
        return file;
    }

    public long offset() {
        return offset;
    }
}
