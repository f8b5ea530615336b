package chuan.eval.task;

import chuan.eval.Grouping;
import chuan.eval.LetterTokens;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A way to put a task's questions and to add up the answers.
///
/// @param about for people: where it comes from and what is particular about it
/// @param trim names of `question` and `options` that lose their outer white space, as Python does
/// @param chat messages instead of one text
/// @param subjects the only ones that are asked; empty for all
/// @param chance credit that guessing gives, where it is another than the task's
/// @param layouts by the form of a subject; `""` is that of subjects without one
record Protocol(
        String name,
        String about,
        String split,
        Cells cells,
        Set<String> trim,
        Filter filter,
        ShotRule shots,
        Truncation truncation,
        Grouping.Average average,
        boolean chat,
        LetterTokens letters,
        Map<String, Layout> layouts,
        List<String> subjects,
        OptionalDouble chance) {

    enum Filter {
        ALL,
        /// Only questions with four options, or letters to choose from, and one right answer.
        ONE_OF_FOUR
    }

    private static final Set<String> KEYS =
            Set.of(
                    "extends",
                    "about",
                    "split",
                    "cells",
                    "trim",
                    "filter",
                    "shots",
                    "truncate",
                    "average",
                    "form",
                    "letters",
                    "layouts",
                    "subjects",
                    "chance");

    private enum Form {
        TEXT,
        CHAT
    }

    /// @param all the protocols of the file, from which this one may take what it does not say
    /// @param forms of the subjects
    /// @param known names that templates may use
    static Protocol read(String name, Keys all, Set<String> forms, Set<String> known) {
        var keys = new Keys(all.file(), "protocols." + name, merged(name, all, new HashSet<>()));
        for (String key : keys.names())
            if (!KEYS.contains(key) && !Layout.KEYS.contains(key)) {
                var expected = new java.util.TreeSet<>(KEYS);
                expected.addAll(Layout.KEYS);
                throw keys.wrong(key, "is unknown; known here are " + String.join(", ", expected));
            }
        var trim = Set.copyOf(keys.texts("trim"));
        if (!Set.of("question", "options").containsAll(trim))
            throw keys.wrong("trim", "only question and options can be trimmed");
        return new Protocol(
                name,
                keys.text("about"),
                keys.text("split"),
                keys.choice("cells", Cells.class, Cells.PLAIN),
                trim,
                keys.choice("filter", Filter.class, Filter.ALL),
                ShotRule.read(keys.child("shots")),
                keys.optionalChild("truncate")
                        .map(Truncation::read)
                        .orElse(new Truncation(Truncation.Rule.NONE, Integer.MAX_VALUE)),
                keys.choice("average", Grouping.Average.class, Grouping.Average.MACRO),
                keys.choice("form", Form.class, Form.TEXT) == Form.CHAT,
                keys.choice("letters", LetterTokens.class, LetterTokens.WORD_START),
                layouts(keys, forms, known),
                keys.texts("subjects"),
                keys.has("chance")
                        ? OptionalDouble.of(keys.number("chance"))
                        : OptionalDouble.empty());
    }

    private static Map<String, Layout> layouts(Keys keys, Set<String> forms, Set<String> known) {
        var layouts = new LinkedHashMap<String, Layout>();
        var special = keys.optionalChild("layouts");
        for (String form : forms) {
            var own = special.flatMap(s -> s.optionalChild(form));
            String at = keys.at() + (own.isPresent() ? ".layouts." + form : "");
            var node = (ObjectNode) keys.node().deepCopy();
            own.ifPresent(o -> overlay(node, o.node()));
            layouts.put(form, Layout.read(new Keys(keys.file(), at, node), known));
        }
        special.ifPresent(Keys::nothingElse);
        return layouts;
    }

    private static ObjectNode merged(String name, Keys all, Set<String> seen) {
        var own = all.child(name);
        var base = own.optionalText("extends");
        if (base.isEmpty()) return (ObjectNode) own.node().deepCopy();
        if (!seen.add(name)) throw own.wrong("extends", "goes round in a circle");
        if (!all.has(base.get())) throw own.wrong("extends", "there is no protocol " + base.get());
        var node = merged(base.get(), all, seen);
        overlay(node, own.node());
        return node;
    }

    private static void overlay(ObjectNode under, JsonNode over) {
        for (String key : over.propertyNames()) {
            var value = over.get(key);
            if (value instanceof ObjectNode object && under.get(key) instanceof ObjectNode old)
                overlay(old, object);
            else under.set(key, value);
        }
    }

    Protocol {
        trim = Set.copyOf(trim);
        layouts = Map.copyOf(layouts);
        subjects = List.copyOf(subjects);
    }

    boolean asks(String subject) {
        return subjects.isEmpty() || subjects.contains(subject);
    }

    /// Room that a written answer needs behind its prompt.
    int answerTokens() {
        return layouts.values().stream()
                .filter(layout -> layout.ask() == Layout.Asking.WRITE)
                .mapToInt(Layout::maxTokens)
                .max()
                .orElse(0);
    }

    Layout layout(TaskFile.Subject subject) {
        var layout = layouts.get(subject.form());
        if (layout == null) throw new IllegalStateException(subject.form());
        return layout;
    }
}
