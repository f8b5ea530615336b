package chuan.eval.task;

import chuan.eval.Task;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// The tasks there are, and how to open one.
public final class Tasks {
    /// Task files that come with the program.
    private static final List<String> NAMES =
            List.of("ceval", "mmlu", "cmmlu", "gaokao", "agieval", "gsm8k");

    private Tasks() {}

    /// Names of the tasks that come with the program.
    public static List<String> names() {
        return NAMES;
    }

    /// A task ready to be asked: its set is read and found to be in order.
    ///
    /// @param what name of a task, such as `cmmlu`, or path of a task file, `my.yaml`; with
    ///   `:SUBJECT+SUBJECT` behind it only these subjects of it
    /// @throws TaskException if task file, settings or set are wrong
    /// @throws IOException if a file cannot be read
    public static Task open(String what, TaskSettings settings) throws IOException {
        return open(what, settings, null);
    }

    /// @param order overrides the order of examples; null for the protocol's own
    static Task open(
            String what,
            TaskSettings settings,
            @org.jspecify.annotations.Nullable ExampleOrder order)
            throws IOException {
        int colon = what.lastIndexOf(':');
        boolean some = colon > 1;
        var file = file(some ? what.substring(0, colon) : what);
        var subjects = some ? subjects(file, what.substring(colon + 1)) : file.subjects().keySet();
        var protocol = protocol(file, settings);
        var asked = new LinkedHashSet<String>();
        for (String name : subjects) if (protocol.asks(name)) asked.add(name);
        if (asked.isEmpty())
            throw new TaskException(
                    what
                            + ": protocol "
                            + protocol.name()
                            + " asks only "
                            + String.join(", ", protocol.subjects()));
        var set = QuestionSet.read(file, protocol, settings, asked);
        return new DeclaredTask(file, protocol, settings, set, order);
    }

    /// What a task is, without its set.
    ///
    /// @param what name of a task, or path of a task file
    /// @throws TaskException if there is none, or if it is wrong
    public static TaskCard card(String what) throws IOException {
        var file = file(what);
        var protocols = new LinkedHashMap<String, String>();
        file.protocols().forEach((name, protocol) -> protocols.put(name, protocol.about()));
        return new TaskCard(
                file.name(),
                file.version(),
                file.title(),
                file.subjects().size(),
                List.copyOf(file.splits().keySet()),
                file.protocol(),
                protocols,
                file.source());
    }

    static TaskFile file(String what) throws IOException {
        if (what.endsWith(".yaml") || what.endsWith(".yml") || what.contains("/"))
            return TaskFile.read(Path.of(what));
        if (!NAMES.contains(what))
            throw new TaskException(
                    what
                            + ": there is no such task; there are "
                            + String.join(", ", NAMES)
                            + ", and task files of your own by path: my.yaml");
        return builtIn(what);
    }

    private static TaskFile builtIn(String name) {
        String file = name + ".yaml";
        try (var in = Tasks.class.getResourceAsStream(file)) {
            if (in == null) throw new IllegalStateException(file + " is not in the program");
            return TaskFile.parse(file, new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Set<String> subjects(TaskFile file, String names) {
        var subjects = new LinkedHashSet<String>();
        for (String name : names.split("\\+", -1)) {
            if (!file.subjects().containsKey(name))
                throw new TaskException(
                        file.name()
                                + ": there is no subject \""
                                + name
                                + "\"; there are "
                                + String.join(", ", file.subjects().keySet()));
            subjects.add(name);
        }
        return subjects;
    }

    private static Protocol protocol(TaskFile file, TaskSettings settings) {
        String name = settings.protocol().orElse(file.protocol());
        var protocol = file.protocols().get(name);
        if (protocol == null)
            throw new TaskException(
                    "--protocol "
                            + name
                            + ": "
                            + file.name()
                            + " has none of this name; it has "
                            + String.join(", ", file.protocols().keySet()));
        return protocol;
    }
}
