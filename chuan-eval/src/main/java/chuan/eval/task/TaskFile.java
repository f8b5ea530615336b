package chuan.eval.task;

import chuan.eval.Grouping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// What a task file says. Immutable.
///
/// @param file where it came from, for people
/// @param chance credit that guessing gives; NaN if that means nothing
/// @param folders names under which the set may lie in the data folder
/// @param subjects in their order
/// @param table columns of the published table
/// @param protocol the one that holds if none is named
record TaskFile(
        String file,
        String name,
        int version,
        String title,
        double chance,
        Source source,
        List<String> folders,
        Map<String, Split> splits,
        Map<String, Subject> subjects,
        List<Grouping.Column> table,
        String protocol,
        Map<String, Protocol> protocols,
        Columns columns) {

    private static final YAMLMapper YAML =
            YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    /// @param title for people
    /// @param form which layout its questions have; "" as a rule
    /// @param more further texts that templates may use
    record Subject(String name, String title, String form, Map<String, String> more) {
        Subject {
            more = Map.copyOf(more);
        }
    }

    /// @param files where it may be, within the set's folder, with `{subject}` for the subject
    /// @param open whether its answers are known; the others are only written down
    /// @param sha256 of the files that the task file was made with, as [QuestionSet] counts it
    record Split(
            List<String> files, SetReader.Format format, boolean open, Optional<String> sha256) {
        Split {
            files = List.copyOf(files);
        }
    }

    TaskFile {
        folders = List.copyOf(folders);
        table = List.copyOf(table);
        splits = Collections.unmodifiableMap(splits);
        subjects = Collections.unmodifiableMap(subjects);
        protocols = Collections.unmodifiableMap(protocols);
    }

    Subject subject(String name) {
        var subject = subjects.get(name);
        if (subject == null) throw new IllegalArgumentException(name);
        return subject;
    }

    static TaskFile read(Path path) throws IOException {
        if (!Files.isRegularFile(path))
            throw new TaskException(path + ": there is no such task file");
        return parse(path.toString(), SetReader.text(path));
    }

    /// @param file named in errors
    static TaskFile parse(String file, String yaml) {
        JsonNode node;
        try {
            node = YAML.readTree(yaml);
        } catch (JacksonException e) {
            var location = e.getLocation();
            String line = location == null ? "" : ": line " + location.getLineNr();
            throw new TaskException(file + line + ": is not YAML: " + e.getOriginalMessage());
        }
        return read(new Keys(file, "", node));
    }

    private static TaskFile read(Keys keys) {
        String name = keys.text("name");
        if (!name.matches("[a-z0-9][a-z0-9_-]*"))
            throw keys.wrong("name", name + ": small letters, digits and hyphens only");
        String title = keys.text("title", name);
        double chance = keys.has("chance") ? keys.number("chance") : Double.NaN;
        if (chance < 0 || chance >= 1) throw keys.wrong("chance", chance + ": from 0 to below 1");
        var columns = Columns.read(keys.child("columns"));
        var format = keys.choice("format", SetReader.Format.class, SetReader.Format.CSV);
        var splits = new LinkedHashMap<String, Split>();
        var splitKeys = keys.child("splits");
        for (String split : splitKeys.names()) splits.put(split, split(splitKeys, split, format));
        if (splits.isEmpty()) throw keys.wrong("splits", "is empty");
        var table = keys.texts("table");
        var members = new LinkedHashMap<String, List<String>>();
        for (String column : table) members.put(column, new ArrayList<>());
        var subjects = subjects(keys, name, title, members);
        var columnsOfTable = new ArrayList<Grouping.Column>();
        members.forEach((column, of) -> {
            if (of.isEmpty()) throw keys.wrong("table", "no subject is in \"" + column + "\"");
            columnsOfTable.add(new Grouping.Column(column, of));
        });
        var protocols = protocols(keys, subjects, splits, columns);
        String protocol = keys.text("protocol");
        if (!protocols.containsKey(protocol))
            throw keys.wrong("protocol", "there is none called " + protocol);
        var file =
                new TaskFile(
                        keys.file(),
                        name,
                        keys.integer("version"),
                        title,
                        chance,
                        Source.read(keys.child("source")),
                        keys.has("folders") ? keys.texts("folders") : List.of(name),
                        splits,
                        subjects,
                        columnsOfTable,
                        protocol,
                        protocols,
                        columns);
        keys.nothingElse();
        return file;
    }

    private static Split split(Keys splits, String name, SetReader.Format format) {
        if (!splits.isMapping(name))
            return new Split(splits.texts(name), format, true, Optional.empty());
        var keys = splits.child(name);
        var split =
                new Split(
                        keys.texts("files"),
                        keys.choice("format", SetReader.Format.class, format),
                        !keys.text("answers", "open").equals("hidden"),
                        keys.optionalText("sha256"));
        if (split.files().isEmpty()) throw keys.wrong("files", "is missing");
        keys.nothingElse();
        return split;
    }

    private static Map<String, Subject> subjects(
            Keys keys, String task, String title, Map<String, List<String>> table) {
        var subjects = new LinkedHashMap<String, Subject>();
        if (!keys.has("subjects")) {
            subjects.put(task, new Subject(task, title, "", Map.of()));
            table.values().forEach(column -> column.add(task));
            return subjects;
        }
        keys.children("subjects")
                .forEach((name, child) -> {
                    String own = child.text("title", name.replace('_', ' '));
                    String form = child.text("form", "");
                    for (String column : child.texts("in")) {
                        var members = table.get(column);
                        if (members == null)
                            throw child.wrong("in", "\"" + column + "\" is no column of the table");
                        members.add(name);
                    }
                    subjects.put(name, new Subject(name, own, form, child.others()));
                });
        return subjects;
    }

    private static Map<String, Protocol> protocols(
            Keys keys, Map<String, Subject> subjects, Map<String, Split> splits, Columns columns) {
        var known = new LinkedHashSet<>(Prompter.NAMES);
        known.addAll(columns.more().keySet());
        Set<String> forms = new LinkedHashSet<>();
        for (var subject : subjects.values()) {
            forms.add(subject.form());
            known.addAll(subject.more().keySet());
        }
        var all = keys.child("protocols");
        var protocols = new LinkedHashMap<String, Protocol>();
        for (String name : all.names()) {
            var protocol = Protocol.read(name, all, forms, known);
            if (!splits.containsKey(protocol.split()))
                throw all.wrong(name + ".split", "there is no split " + protocol.split());
            String from = protocol.shots().from();
            if (!from.isEmpty() && !splits.containsKey(from))
                throw all.wrong(name + ".shots.from", "there is no split " + from);
            checkSubjects(all, protocol, subjects);
            protocols.put(name, protocol);
        }
        return protocols;
    }

    /// Those it names there have to be; and they have to say what its judges want to know.
    private static void checkSubjects(Keys all, Protocol protocol, Map<String, Subject> subjects) {
        for (String name : protocol.subjects())
            if (!subjects.containsKey(name))
                throw all.wrong(protocol.name() + ".subjects", "there is no subject " + name);
        for (var subject : subjects.values()) {
            if (!protocol.asks(subject.name())) continue;
            String each = protocol.shots().each();
            if (!subject.more().getOrDefault(each, "0").matches("[0-9]{1,3}"))
                throw wrong(all, subject, each, "should be a number");
            String points = subject.more().getOrDefault(DeclaredTask.POINTS, "1");
            if (!points.matches("[0-9]{1,3}(\\.[0-9]{1,3})?") || Double.parseDouble(points) == 0)
                throw wrong(
                        all,
                        subject,
                        DeclaredTask.POINTS,
                        "should be a number above 0, such as 1.5");
            var need = protocol.layout(subject).judge().flatMap(TextJudge::need);
            if (need.isEmpty()) continue;
            String key = need.get().key();
            var values = need.get().values();
            if (!values.contains(subject.more().getOrDefault(key, "")))
                throw wrong(
                        all,
                        subject,
                        key,
                        "should be one of "
                                + String.join(", ", values)
                                + " for "
                                + protocol.name());
        }
    }

    private static TaskException wrong(Keys keys, Subject subject, String key, String why) {
        return new TaskException(
                keys.file() + ": subjects." + subject.name() + "." + key + ": " + why);
    }
}
