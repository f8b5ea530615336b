package chuan.hub;

/// A pull that cannot go on, in one line: what was refused and what to do. Text from a hub in it
/// cannot break the line or reach the terminal as an escape.
public final class HubException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST_MESSAGE = 600;

    HubException(String message) {
        super(oneLine(message));
    }

    private static String oneLine(String text) {
        var line = new StringBuilder();
        for (int i = 0; i < text.length() && line.length() < LONGEST_MESSAGE; i++) {
            char c = text.charAt(i);
            if (HubFile.isUnprintable(c)) line.append(String.format("\\u%04x", (int) c));
            else line.append(c);
        }
        return line.toString();
    }
}
