package chuan.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Brings a folder to what a hub holds. The card comes first and names the licence, `config.json`
/// last: until then the folder is no model to other programs either.
public final class Puller {
    private static final String CONFIG = "config.json";

    private final Request request;
    private final Hub hub;
    private final Path folder;
    private final Watcher watcher;

    /// @param folder what is written; a new one, an empty one, or that of an earlier pull
    /// @param token null: none
    /// @param connections files that are fetched side by side
    /// @param backOff wait after a first failure
    public record Request(
            Hub hub,
            Path folder,
            Selection selection,
            @Nullable String token,
            int connections,
            Duration backOff) {}

    /// Hears what goes on, in the thread that pulls.
    public interface Watcher {
        /// A long job begins.
        ///
        /// @param already bytes of `total` that were there before
        void begin(String what, long already, long total);

        void at(long bytes);

        void licence(String line);
    }

    /// @param fetched bytes that came over the network
    /// @param skipped files of the model that were not wanted
    public record Result(Manifest manifest, long fetched, int skipped) {}

    public Puller(Request request, Watcher watcher) {
        this.request = request;
        this.hub = request.hub();
        this.folder = request.folder();
        this.watcher = watcher;
    }

    /// Fetches what is missing or different.
    ///
    /// @throws HubException if it cannot; what is there is taken up by the next attempt
    public Result pull() throws IOException, InterruptedException {
        refuseOthersFolder();
        var before = Manifest.last(folder);
        try (var client = new HubClient(hub, request.token(), request.backOff());
                var crew = new Crew(request.connections())) {
            var listed = client.files();
            var chosen = request.selection().of(listed);
            var hashes = present(crew, chosen, before);
            var missing = chosen.stream().filter(f -> !hashes.containsKey(f.path())).toList();
            long already = 0;
            for (HubFile file : missing) already += Download.partBytes(file, folder);
            checkSpace(total(missing) - already);
            Files.createDirectories(folder);
            try (var _ = FolderLock.of(folder)) {
                Manifest.begin(folder, hub);
                watcher.begin("pulling " + hub.model(), already, total(missing));
                var fetch = new Fetch(client, crew, hashes);
                fetch.all(missing, Selection.CARD::equals);
                watcher.licence(Licence.line(hub, listed, folder.resolve(Selection.CARD)));
                fetch.all(missing, path -> !path.equals(Selection.CARD) && !path.equals(CONFIG));
                fetch.all(missing, CONFIG::equals);
                if (before.isPresent()) deleteWithdrawn(before.get(), listed);
                var files = new ArrayList<HubFile>();
                for (HubFile file : chosen)
                    files.add(file.withSha256(Objects.requireNonNull(hashes.get(file.path()))));
                var manifest = Manifest.of(hub, files);
                manifest.commit(folder);
                return new Result(
                        manifest, fetch.done.get() - already, listed.size() - chosen.size());
            }
        }
    }

    /// Without a network: is everything there as the last pull left it?
    ///
    /// @throws HubException naming the first file that is not
    public Result verify() throws IOException, InterruptedException {
        String again = "; run chuan pull " + hub.model() + " without --offline";
        refuseOthersFolder();
        var last = Manifest.last(folder);
        if (last.isEmpty() || !Manifest.isComplete(folder))
            throw new HubException(folder + ": holds no complete pull" + again);
        var manifest = last.get();
        for (HubFile file : manifest.files()) {
            Path path = file.in(folder);
            if (!Files.isRegularFile(path)) throw new HubException(path + ": is missing" + again);
            if (Files.size(path) != file.size())
                throw new HubException(
                        "%s: has %d bytes, but had %d when it was pulled%s"
                                .formatted(path, Files.size(path), file.size(), again));
        }
        try (var crew = new Crew(request.connections())) {
            var found = hashes(crew, manifest.files());
            for (HubFile file : manifest.files())
                if (!Objects.equals(found.get(file.path()), file.sha256()))
                    throw new HubException(
                            "%s: its SHA-256 should be %s, but is %s%s"
                                    .formatted(
                                            file.in(folder),
                                            file.sha256(),
                                            found.get(file.path()),
                                            again));
        }
        return new Result(manifest, 0, 0);
    }

    /// What is fetched: counts its bytes and keeps the hashes.
    private final class Fetch {
        private final HubClient client;
        private final Crew crew;
        private final Map<String, String> hashes;
        private final AtomicLong done = new AtomicLong();

        Fetch(HubClient client, Crew crew, Map<String, String> hashes) {
            this.client = client;
            this.crew = crew;
            this.hashes = hashes;
        }

        void all(List<HubFile> missing, Predicate<String> which)
                throws IOException, InterruptedException {
            var files = missing.stream().filter(f -> which.test(f.path())).toList();
            var downloads =
                    files.stream()
                            .map(f -> new Download(client, hub, f, folder, done::addAndGet))
                            .toList();
            var jobs = new ArrayList<Callable<String>>();
            for (var download : downloads) jobs.add(download::run);
            var found =
                    crew.run(
                            jobs,
                            () -> {
                                watcher.at(done.get());
                                for (var download : downloads) download.endIfStalled();
                            });
            for (int i = 0; i < files.size(); i++) hashes.put(files.get(i).path(), found.get(i));
        }
    }

    /// Files that are there already with the content the hub has now, with their hashes. Where the
    /// hub gives no hash, that of the last pull serves if the hub's id is still the same.
    private Map<String, String> present(Crew crew, List<HubFile> chosen, Optional<Manifest> before)
            throws IOException, InterruptedException {
        var expected = new HashMap<String, String>();
        var candidates = new ArrayList<HubFile>();
        for (HubFile file : chosen) {
            var known =
                    Optional.ofNullable(file.sha256())
                            .or(() ->
                                    before.flatMap(m -> m.file(file.path()))
                                            .filter(f -> f.size() == file.size())
                                            .filter(f ->
                                                    !f.id().isEmpty() && f.id().equals(file.id()))
                                            .map(HubFile::sha256));
            Path path = file.in(folder);
            if (known.isEmpty() || !Files.isRegularFile(path) || Files.size(path) != file.size())
                continue;
            expected.put(file.path(), known.get());
            candidates.add(file);
        }
        var found = hashes(crew, candidates);
        found.entrySet().removeIf(e -> !e.getValue().equals(expected.get(e.getKey())));
        return found;
    }

    private Map<String, String> hashes(Crew crew, List<HubFile> files)
            throws IOException, InterruptedException {
        var done = new AtomicLong();
        watcher.begin("checking " + hub.model(), 0, total(files));
        var jobs = new ArrayList<Callable<String>>();
        for (HubFile file : files) jobs.add(() -> Sha256.of(file.in(folder), done::addAndGet));
        var found = crew.run(jobs, () -> watcher.at(done.get()));
        var result = new HashMap<String, String>();
        for (int i = 0; i < files.size(); i++) result.put(files.get(i).path(), found.get(i));
        return result;
    }

    /// Nothing of somebody else is overwritten.
    private void refuseOthersFolder() throws IOException {
        if (!Files.exists(folder)) return;
        if (!Files.isDirectory(folder)) throw new HubException(folder + ": is not a folder");
        var pulled = Manifest.unfinished(folder).or(() -> Manifest.last(folder));
        if (pulled.isPresent() && !pulled.get().model().equals(hub.model()))
            throw new HubException(
                    folder
                            + ": holds "
                            + pulled.get().model()
                            + "; choose another folder by --out");
        if (Manifest.isUnfinished(folder) || Manifest.isComplete(folder)) return;
        try (var entries = Files.list(folder)) {
            if (entries.anyMatch(e -> !e.getFileName().toString().startsWith(Manifest.RESERVED)))
                throw new HubException(
                        folder
                                + ": holds files that chuan pull did not put there; choose another"
                                + " folder by --out");
        }
    }

    /// What the hub took back would be opened with the rest.
    private void deleteWithdrawn(Manifest before, List<HubFile> listed) throws IOException {
        var paths = new HashSet<String>();
        for (HubFile file : listed) paths.add(file.path());
        for (HubFile file : before.files())
            if (!paths.contains(file.path())) Files.deleteIfExists(file.in(folder));
    }

    private void checkSpace(long bytes) throws IOException {
        Path there = folder.toAbsolutePath().normalize();
        while (!Files.exists(there)) there = Objects.requireNonNull(there.getParent());
        long free = Files.getFileStore(there).getUsableSpace();
        if (free < bytes)
            throw new HubException(
                    String.format(
                            Locale.ROOT,
                            "%s: needs %.2f GB more, but the disk has %.2f GB left",
                            folder,
                            bytes / 1e9,
                            free / 1e9));
    }

    private static long total(List<HubFile> files) {
        try {
            long sum = 0;
            for (HubFile file : files) sum = Math.addExact(sum, file.size());
            return sum;
        } catch (ArithmeticException _) {
            throw new HubException("the sizes in the hub's list cannot be true");
        }
    }
}
