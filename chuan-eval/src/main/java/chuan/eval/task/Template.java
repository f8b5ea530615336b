package chuan.eval.task;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/// A text with places such as `{question}`; every other character stands for itself.
final class Template {
    private static final Pattern PLACE = Pattern.compile("\\{([A-Za-z][A-Za-z0-9-]*)\\}");

    private final String source;

    /// Literal texts and, at odd indices, names.
    private final List<String> parts;

    private Template(String source, List<String> parts) {
        this.source = source;
        this.parts = List.copyOf(parts);
    }

    static Template of(String source) {
        var parts = new ArrayList<String>();
        var place = PLACE.matcher(source);
        int end = 0;
        while (place.find()) {
            parts.add(source.substring(end, place.start()));
            parts.add(place.group(1));
            end = place.end();
        }
        parts.add(source.substring(end));
        return new Template(source, parts);
    }

    Set<String> names() {
        var names = new LinkedHashSet<String>();
        for (int i = 1; i < parts.size(); i += 2) names.add(parts.get(i));
        return names;
    }

    String render(UnaryOperator<String> value) {
        if (parts.size() == 1) return source;
        var text = new StringBuilder();
        for (int i = 0; i < parts.size(); i++)
            text.append(i % 2 == 0 ? parts.get(i) : value.apply(parts.get(i)));
        return text.toString();
    }

    String source() {
        return source;
    }

    @Override
    public String toString() {
        return source;
    }
}
