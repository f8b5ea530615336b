package chuan.eval.task;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// The questions of a split and the examples that go with them, by subject, as read from files.
///
/// @param open whether the answers are known
/// @param editions for each split that was read: number of files, SHA-256, whether it is the known
///   one
record QuestionSet(
        String split,
        boolean open,
        Map<String, List<Item>> questions,
        Map<String, List<Item>> examples,
        Map<String, String> editions) {

    static QuestionSet read(
            TaskFile file, Protocol protocol, TaskSettings settings, Set<String> subjects)
            throws IOException {
        return new Reading(file, protocol, settings).read(subjects);
    }

    private static final class Reading {
        private final TaskFile file;
        private final Protocol protocol;
        private final TaskSettings settings;
        private final Map<String, Map<String, Path>> seen = new TreeMap<>();

        Reading(TaskFile file, Protocol protocol, TaskSettings settings) {
            this.file = file;
            this.protocol = protocol;
            this.settings = settings;
        }

        QuestionSet read(Set<String> subjects) throws IOException {
            String splitName = settings.split().orElse(protocol.split());
            var split = split(splitName);
            Path folder = folder(split, subjects);
            checkAllThere(folder, split, subjects);
            var questions = new LinkedHashMap<String, List<Item>>();
            var examples = new LinkedHashMap<String, List<Item>>();
            for (String name : subjects) {
                var subject = file.subject(name);
                var items = items(folder, splitName, subject, split.open());
                var pool = pool(folder, subject, items);
                examples.put(name, pool);
                boolean held = protocol.shots().order() == ShotRule.Order.HELD;
                questions.put(name, held ? items.subList(pool.size(), items.size()) : items);
            }
            return new QuestionSet(
                    splitName, scored(questions), questions, examples, editions(subjects));
        }

        private static boolean scored(Map<String, List<Item>> questions) {
            for (var items : questions.values())
                for (var item : items) if (item.key().isEmpty()) return false;
            return true;
        }

        private TaskFile.Split split(String name) {
            var split = file.splits().get(name);
            if (split == null)
                throw new TaskException(
                        file.name()
                                + ": there is no split "
                                + name
                                + "; there are "
                                + String.join(", ", file.splits().keySet()));
            return split;
        }

        /// Of the folders where the set may be the first that holds one of its files.
        private Path folder(TaskFile.Split split, Set<String> subjects) {
            var folders = new ArrayList<Path>();
            for (String name : file.folders()) folders.add(settings.data().resolve(name));
            folders.add(settings.data());
            for (Path folder : folders)
                for (String subject : subjects)
                    if (find(folder, split, file.subject(subject)).isPresent()) return folder;
            String first = subjects.iterator().next();
            throw new TaskException(
                    file.name()
                            + ": there is no "
                            + name(split.files().getFirst(), file.subject(first))
                            + " in "
                            + String.join(", ", folders.stream().map(Path::toString).toList())
                            + "; say where the set is with --data, or fetch it with"
                            + " chuan eval --get "
                            + file.name());
        }

        private void checkAllThere(Path folder, TaskFile.Split split, Set<String> subjects) {
            var missing = new ArrayList<String>();
            for (String subject : subjects)
                if (find(folder, split, file.subject(subject)).isEmpty())
                    missing.add(name(split.files().getFirst(), file.subject(subject)));
            if (missing.isEmpty()) return;
            throw new TaskException(
                    folder
                            + ": "
                            + missing.size()
                            + " of "
                            + subjects.size()
                            + " files are missing, such as "
                            + missing.getFirst()
                            + "; fetch or copy the set again, or name the subjects you want: "
                            + file.name()
                            + ":NAME+NAME");
        }

        private static String name(String pattern, TaskFile.Subject subject) {
            return Template.of(pattern)
                    .render(place ->
                            place.equals("subject")
                                    ? subject.name()
                                    : subject.more().getOrDefault(place, subject.name()));
        }

        private static Optional<Path> find(
                Path folder, TaskFile.Split split, TaskFile.Subject subject) {
            for (String pattern : split.files()) {
                Path path = folder.resolve(name(pattern, subject));
                if (Files.isRegularFile(path)) return Optional.of(path);
            }
            return Optional.empty();
        }

        private List<Item> items(
                Path folder, String splitName, TaskFile.Subject subject, boolean keys)
                throws IOException {
            var split = split(splitName);
            Path path =
                    find(folder, split, subject)
                            .orElseThrow(() ->
                                    new TaskException(
                                            folder
                                                    + ": there is no "
                                                    + name(split.files().getFirst(), subject)
                                                    + "; fetch or copy the set again"));
            seen.computeIfAbsent(splitName, _ -> new TreeMap<>())
                    .put(Objects.requireNonNull(path.getFileName()).toString(), path);
            var items =
                    SetReader.read(
                            path, split.format(), file.columns(), protocol.cells(), subject, keys);
            if (protocol.filter() == Protocol.Filter.ALL) return items;
            int choices = file.columns().choices();
            return items.stream()
                    .filter(i -> Math.max(i.options().size(), choices) == 4)
                    .filter(i -> i.key().size() == 1 && i.key().getFirst().matches("[A-D]"))
                    .toList();
        }

        private List<Item> pool(Path folder, TaskFile.Subject subject, List<Item> questions)
                throws IOException {
            var rule = protocol.shots();
            int wanted = settings.shots().orElse(rule.count());
            return switch (rule.order()) {
                case FIXED -> rule.fixed();
                case HELD -> questions.subList(0, Math.min(rule.count(), questions.size()));
                case FIRST, SHUFFLED, SAMPLED ->
                        (wanted == 0 && rule.each().isEmpty()) || rule.from().isEmpty()
                                ? List.of()
                                : items(folder, rule.from(), subject, true);
            };
        }

        private Map<String, String> editions(Set<String> subjects) throws IOException {
            boolean whole = subjects.size() == file.subjects().size();
            var editions = new LinkedHashMap<String, String>();
            for (var split : seen.entrySet()) {
                String sum = sha256(split.getValue());
                var known = split(split.getKey()).sha256();
                String verdict =
                        known.isEmpty() || !whole
                                ? ""
                                : known.get().equals(sum)
                                        ? ", the edition that the task file was made with"
                                        : ", another edition than the task file was made with";
                editions.put(
                        split.getKey(), split.getValue().size() + ", SHA-256 " + sum + verdict);
            }
            return editions;
        }

        /// Of names, each closed by a zero byte, and bytes, in the order of the names.
        private static String sha256(Map<String, Path> files) throws IOException {
            try {
                var digest = MessageDigest.getInstance("SHA-256");
                for (var file : files.entrySet()) {
                    digest.update((file.getKey() + "\0").getBytes(StandardCharsets.UTF_8));
                    digest.update(Files.readAllBytes(file.getValue()));
                }
                return HexFormat.of().formatHex(digest.digest());
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
