package chuan.eval.task;

/// Texts as Python has them, where prompts depend on it.
final class PythonText {
    private PythonText() {}

    /// `str.strip()`: also takes U+0085, U+00A0, U+2007 and U+202F, which [String#strip] leaves.
    static String strip(String text) {
        int start = 0;
        int end = text.length();
        while (start < end && isSpace(text.charAt(start))) start++;
        while (start < end && isSpace(text.charAt(end - 1))) end--;
        return text.substring(start, end);
    }

    /// `str.isspace()`; all such characters are in the first plane.
    static boolean isSpace(char c) {
        return (c >= 0x09 && c <= 0x0d)
                || (c >= 0x1c && c <= 0x20)
                || c == 0x85
                || c == 0xa0
                || c == 0x1680
                || (c >= 0x2000 && c <= 0x200a)
                || c == 0x2028
                || c == 0x2029
                || c == 0x202f
                || c == 0x205f
                || c == 0x3000;
    }

    /// `repr(float)`: the shortest digits that give the number back, with an exponent below 1e-4
    /// and from 1e16 on.
    static String repr(double value) {
        if (Double.isNaN(value)) return "nan";
        if (Double.isInfinite(value)) return value > 0 ? "inf" : "-inf";
        if (value == 0) return 1 / value < 0 ? "-0.0" : "0.0";
        var decimal =
                new java.math.BigDecimal(Double.toString(Math.abs(value))).stripTrailingZeros();
        String digits = decimal.unscaledValue().toString();
        int exponent = digits.length() - 1 - decimal.scale();
        String sign = value < 0 ? "-" : "";
        if (exponent < -4 || exponent >= 16) {
            String fraction = digits.length() > 1 ? "." + digits.substring(1) : "";
            String power = String.format("%02d", Math.abs(exponent));
            return sign + digits.charAt(0) + fraction + "e" + (exponent < 0 ? "-" : "+") + power;
        }
        String plain = decimal.toPlainString();
        return sign + plain + (plain.contains(".") ? "" : ".0");
    }
}
