package chuan.eval.report;

/// A file that is no [chuan.eval.Examination]. The message is one line: the file, the place in it,
/// what is wrong.
public final class ExaminationFileException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST_MESSAGE = 400;

    ExaminationFileException(String message) {
        super(oneLine(message));
    }

    /// What a file holds may be long, or steer a terminal.
    private static String oneLine(String text) {
        String line = text.strip().replaceAll("\\p{Cntrl}+|[\\u2028\\u2029]", " ");
        return line.length() <= LONGEST_MESSAGE ? line : line.substring(0, LONGEST_MESSAGE) + "...";
    }
}
