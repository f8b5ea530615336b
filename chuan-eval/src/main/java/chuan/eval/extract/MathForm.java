package chuan.eval.extract;

import java.util.Optional;
import java.util.regex.Pattern;

/// The normal form in which the authors of MATH compare answers (`modeling/math_equivalence.py` of
/// hendrycks/math): LaTeX without what does not matter. A rule about spelling, not about numbers:
/// `0.5` is one half, `0.25` is no quarter.
public final class MathForm {
    private static final Pattern SIMPLE_RATIO =
            Pattern.compile("(0|-?[1-9][0-9]*)/(0|-?[1-9][0-9]*)");

    private MathForm() {}

    /// Texts without a normal form are compared as they are.
    public static boolean equal(String answer, String key) {
        var left = of(answer);
        var right = of(key);
        boolean comparable = left.isPresent() && right.isPresent();
        return comparable ? left.equals(right) : answer.equals(key);
    }

    /// @return empty if the text breaks off within a fraction or a root, or holds two units
    static Optional<String> of(String text) {
        String form =
                text.replace("\n", "")
                        .replace("\\!", "")
                        .replace("\\\\", "\\")
                        .replace("tfrac", "frac")
                        .replace("dfrac", "frac")
                        .replace("\\left", "")
                        .replace("\\right", "")
                        .replace("^{\\circ}", "")
                        .replace("^\\circ", "")
                        .replace("\\$", "");
        String unit = "\\text{ ";
        int units = form.indexOf(unit);
        if (units >= 0) {
            if (form.indexOf(unit, units + 1) >= 0) return Optional.empty();
            form = form.substring(0, units);
        }
        form = form.replace("\\%", "").replace(" .", " 0.").replace("{.", "{0.");
        if (form.isEmpty()) return Optional.of(form);
        if (form.startsWith(".")) form = "0" + form;
        return roots(rightSide(form))
                .map(rooted -> rooted.replace(" ", ""))
                .flatMap(MathForm::fractions)
                .map(MathForm::ratio);
    }

    /// Without the `x=` of a short left side.
    private static String rightSide(String form) {
        int at = form.indexOf('=');
        boolean one = at >= 0 && form.indexOf('=', at + 1) < 0;
        boolean shortName = one && form.codePointCount(0, at) <= 2;
        return shortName ? form.substring(at + 1) : form;
    }

    /// `\sqrt3` becomes `\sqrt{3}`.
    private static Optional<String> roots(String form) {
        String[] parts = form.split("\\\\sqrt", -1);
        var out = new StringBuilder(parts[0]);
        for (int i = 1; i < parts.length; i++) {
            if (parts[i].isEmpty()) return Optional.empty();
            out.append("\\sqrt");
            if (parts[i].startsWith("{")) out.append(parts[i]);
            else {
                int one = parts[i].offsetByCodePoints(0, 1);
                out.append('{').append(parts[i], 0, one).append('}');
                out.append(parts[i], one, parts[i].length());
            }
        }
        return Optional.of(out.toString());
    }

    /// `\frac12` and `\frac1{2}` become `\frac{1}{2}`.
    private static Optional<String> fractions(String form) {
        String[] parts = form.split("\\\\frac", -1);
        var out = new StringBuilder(parts[0]);
        for (int i = 1; i < parts.length; i++) {
            String part = parts[i];
            if (part.isEmpty()) return Optional.empty();
            out.append("\\frac");
            if (part.startsWith("{")) {
                out.append(part);
                continue;
            }
            if (part.codePointCount(0, part.length()) < 2) return Optional.of(form);
            int upper = part.offsetByCodePoints(0, 1);
            int lower = part.offsetByCodePoints(upper, 1);
            out.append('{').append(part, 0, upper).append('}');
            if (part.charAt(upper) == '{') out.append(part, upper, part.length());
            else {
                out.append('{').append(part, upper, lower).append('}');
                out.append(part, lower, part.length());
            }
        }
        return Optional.of(out.toString());
    }

    private static String ratio(String form) {
        if (form.equals("0.5")) return "\\frac{1}{2}";
        var ratio = SIMPLE_RATIO.matcher(form);
        return ratio.matches() ? "\\frac{" + ratio.group(1) + "}{" + ratio.group(2) + "}" : form;
    }
}
