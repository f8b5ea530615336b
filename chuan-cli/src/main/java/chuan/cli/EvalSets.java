package chuan.cli;

import chuan.eval.task.Source;
import chuan.eval.task.TaskCard;
import chuan.eval.task.TaskSettings;
import chuan.eval.task.Tasks;
import chuan.hub.Hub;
import chuan.hub.HubFile;
import chuan.hub.Manifest;
import chuan.hub.Puller;
import chuan.hub.Selection;
import chuan.hub.Unpacker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// `chuan eval --get`: the set of a task from where its authors publish it, checked, unpacked, and
/// read once to see that it is whole.
///
/// @param data where the set gets a folder of its own
/// @param hub address of the hub or a mirror; null for HF_ENDPOINT, else the public one
/// @param backOff wait after a first failure
record EvalSets(Streams streams, Path data, @Nullable String hub, Duration backOff) {
    private static final int CONNECTIONS = 4;

    /// Far more than any set has; an archive beyond it is none.
    private static final long MOST_BYTES = 4L << 30;

    private static final int MOST_FILES = 100_000;

    /// Where sets are kept if nobody says: `$CHUAN_HOME/eval`, or `~/.chuan/eval`.
    static Path store() {
        String set = System.getProperty("chuan.eval.store");
        return set != null ? Path.of(set) : Models.userFolder().resolve("eval").toAbsolutePath();
    }

    /// @param task its name, or the path of a task file
    int fetch(String task) throws IOException {
        var card = Tasks.card(task);
        var source = card.source();
        var from = from(card);
        Path folder = data.resolve(card.name());
        refuseOthers(card, folder);
        streams.out()
                .println(card.title() + ": licence: " + source.licence() + "; " + source.about());
        try (var watch = new PullCommand.Watch(streams, false)) {
            var names = source.files().stream().map(Source.File::name).toList();
            var request =
                    new Puller.Request(
                            from,
                            folder,
                            new Selection(names, List.of()),
                            token(from),
                            CONNECTIONS,
                            backOff);
            Files.createDirectories(data);
            var watcher = source.address().isPresent() ? new WithoutCard(watch) : watch;
            var pulled = new Puller(request, watcher).pull().manifest().files();
            watch.clear();
            for (var file : source.files()) check(card, folder, file, pulled);
            int unpacked = 0;
            for (var file : pulled)
                if (Unpacker.isArchive(file.path()))
                    unpacked +=
                            new Unpacker(folder, MOST_BYTES, MOST_FILES)
                                    .unpack(folder.resolve(file.path()));
            report(task, card, folder, pulled, unpacked);
            return 0;
        } catch (InterruptedException _) {
            return Errors.INTERRUPTED;
        }
    }

    /// A set that somebody put there is left alone.
    private static void refuseOthers(TaskCard card, Path folder) throws IOException {
        if (!Files.isDirectory(folder)) return;
        if (Manifest.isComplete(folder) || Manifest.isUnfinished(folder)) return;
        try (var entries = Files.list(folder)) {
            if (entries.findAny().isPresent())
                throw new CliException(
                        folder
                                + ": holds files that were not fetched by chuan; use them as they are"
                                + " (--tasks "
                                + card.name()
                                + "), or give another folder with --data");
        }
    }

    /// Where there is no card there is no licence on it.
    private record WithoutCard(Puller.Watcher inner) implements Puller.Watcher {
        @Override
        public void begin(String what, long already, long total) {
            inner.begin(what, already, total);
        }

        @Override
        public void at(long bytes) {
            inner.at(bytes);
        }

        @Override
        public void licence(String line) {}
    }

    private Hub from(TaskCard card) {
        var source = card.source();
        if (source.address().isPresent()) {
            var entries = new ArrayList<Hub.Entry>();
            for (var file : source.files())
                entries.add(new Hub.Entry(file.name(), file.bytes(), file.sha256().orElse(null)));
            return Hub.folder(source.address().get(), card.name(), entries);
        }
        if (source.hub().isEmpty())
            throw new CliException(
                    card.name()
                            + ": its task file does not say where the set can be fetched; get it from "
                            + source.about()
                            + " and give its folder with --data");
        String address = Objects.requireNonNullElse(hub, home());
        var revision = source.revision().orElse(Hub.Source.HUGGINGFACE.revision());
        return Hub.dataSet(address, source.hub().get(), revision);
    }

    private static String home() {
        return PullCommand.variable(
                Hub.Source.HUGGINGFACE.endpointVariable(), Hub.Source.HUGGINGFACE.endpoint());
    }

    /// The variable's token is meant for the hub of the variables.
    private static @Nullable String token(Hub from) {
        boolean same = from.base().toString().equals(home().replaceAll("/+$", ""));
        String value = same ? PullCommand.variable(Hub.Source.HUGGINGFACE.tokenVariable(), "") : "";
        return value.isBlank() ? null : value;
    }

    /// What the hub vouches for is checked already; what the task file knows counts as well.
    private static void check(TaskCard card, Path folder, Source.File wanted, List<HubFile> pulled)
            throws IOException {
        if (wanted.sha256().isEmpty()) return;
        for (var file : pulled) {
            if (!file.path().equals(wanted.name())) continue;
            if (wanted.sha256().get().equals(file.sha256())) continue;
            Files.delete(folder.resolve(file.path()));
            throw new CliException(
                    file.path()
                            + ": its SHA-256 should be "
                            + wanted.sha256().get()
                            + " by the task file of "
                            + card.name()
                            + ", but is "
                            + file.sha256()
                            + "; deleted: this is another edition of the set, ask at "
                            + card.source().about());
        }
    }

    private void report(String task, TaskCard card, Path folder, List<HubFile> pulled, int unpacked)
            throws IOException {
        for (var file : pulled)
            streams.out()
                    .println(file.path() + ": " + file.size() + " bytes, SHA-256 " + file.sha256());
        var opened = Tasks.open(task, TaskSettings.of(data).withShots(0));
        int questions = opened.exercises(_ -> 0).size();
        streams.out()
                .println(
                        card.name()
                                + ": "
                                + questions
                                + " questions of split "
                                + opened.facts().get("split")
                                + " in "
                                + folder
                                + (unpacked > 0 ? ", " + unpacked + " files unpacked" : ""));
    }
}
