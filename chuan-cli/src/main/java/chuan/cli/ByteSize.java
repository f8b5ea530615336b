package chuan.cli;

import java.util.Locale;
import java.util.regex.Pattern;

/// Amounts of memory as people write them: `6G` and `6GiB` are 6 x 2^30 bytes, as for containers
/// and for Java's heap; `6GB` is 6 x 10^9.
final class ByteSize {
    private static final Pattern FORM =
            Pattern.compile("([0-9]+(?:\\.[0-9]+)?)\\s*([KMGT]?)(I?B)?", Pattern.CASE_INSENSITIVE);
    private static final String UNITS = "KMGT";

    private ByteSize() {}

    /// @throws CliException naming `option` if the text is no size
    static long parse(String option, String text) {
        var match = FORM.matcher(text.strip());
        if (!match.matches())
            throw new CliException(option + " " + text + ": not a size such as 6G, 6GB or 512M");
        int power = match.group(2).isEmpty() ? 0 : 1 + UNITS.indexOf(upper(match.group(2)));
        boolean decimal = match.group(3) != null && upper(match.group(3)).equals("B");
        double bytes = Double.parseDouble(match.group(1)) * Math.pow(decimal ? 1000 : 1024, power);
        if (!(bytes >= 1 && bytes < 0x1p62))
            throw new CliException(option + " " + text + ": not an amount of memory");
        return (long) bytes;
    }

    /// In units of 10^9 bytes, as files are measured.
    static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
    }

    private static String upper(String text) {
        return text.toUpperCase(Locale.ROOT);
    }
}
