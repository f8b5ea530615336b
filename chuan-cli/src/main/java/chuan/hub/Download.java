package chuan.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One file on its way: `NAME.part` grows, survives dropped connections and a killed process, and
/// gets its name when size and SHA-256 are right. The ETag of what it is a part of lies beside it
/// (RFC 9110, 13.1.5: `If-Range`). One thread runs it; another may watch.
final class Download {
    static final String PART = ".part";
    static final String ETAG = PART + ".etag";

    private static final int BUFFER = 1 << 18;
    private static final Pattern RANGE = Pattern.compile("bytes ([0-9]{1,18})-[0-9]+/([0-9]+|\\*)");

    private final HubClient client;
    private final Hub hub;
    private final HubFile file;
    private final Path target;
    private final Path part;
    private final Path etag;
    private final LongConsumer progress;
    private final MessageDigest digest = Sha256.start();
    private final byte[] buffer = new byte[BUFFER];

    /// Bytes that are in the part, and in the digest.
    private long at;

    /// The most that ever were: getting there again is no progress.
    private long furthest;

    private volatile @Nullable InputStream body;
    private volatile long lastByte;

    /// @param progress gets the bytes of each step; negative where some are thrown away
    Download(HubClient client, Hub hub, HubFile file, Path folder, LongConsumer progress) {
        this.client = client;
        this.hub = hub;
        this.file = file;
        this.target = file.in(folder);
        this.part = new HubFile(file.path() + PART, 0, null, "").in(folder);
        this.etag = new HubFile(file.path() + ETAG, 0, null, "").in(folder);
        this.progress = progress;
    }

    /// Bytes that an earlier run left behind.
    static long partBytes(HubFile file, Path folder) throws IOException {
        Path part = new HubFile(file.path() + PART, 0, null, "").in(folder);
        return Files.isRegularFile(part) ? Math.min(Files.size(part), file.size()) : 0;
    }

    /// Fetches what is missing; returns the SHA-256 of the whole.
    String run() throws IOException, InterruptedException {
        try {
            Files.createDirectories(target.toAbsolutePath().getParent());
            try (var out =
                    FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                takeUp(out);
                var retries = client.retries();
                while (at < file.size()) {
                    try {
                        transfer(out, retries);
                    } catch (TransientException e) {
                        retries.failed(file.path(), e);
                    }
                }
                out.force(true);
            }
            return finish();
        } catch (ClosedByInterruptException _) {
            throw new InterruptedException(part + ": interrupted");
        }
    }

    /// Ends a transfer in which nothing moves: the reader then sees a dropped connection.
    void endIfStalled() throws IOException {
        var open = body;
        if (open != null && System.nanoTime() - lastByte > HubClient.PATIENCE.toNanos())
            open.close();
    }

    private void takeUp(FileChannel out) throws IOException {
        boolean provable = file.sha256() != null || knownEtag().isPresent();
        if (out.size() > file.size() || !provable) {
            startAgain(out);
            return;
        }
        Sha256.add(digest, part, n -> {});
        move(out.size());
        out.position(at);
    }

    private void transfer(FileChannel out, Retries retries)
            throws IOException, InterruptedException {
        var headers = new HashMap<String, String>();
        if (at > 0) {
            headers.put("Range", "bytes=" + at + "-");
            knownEtag().ifPresent(tag -> headers.put("If-Range", tag));
        }
        try (var answer = client.get(file.path(), hub.location(file.path()), headers)) {
            if (answer.status() == 206) checkContinues(out, answer);
            else if (answer.status() == 416) {
                startAgain(out);
                throw new TransientException("the hub has no more of it");
            } else begin(out, answer);
            lastByte = System.nanoTime();
            body = answer.body();
            copy(out, answer.body(), retries);
        } finally {
            body = null;
        }
    }

    /// The server sends the whole file: it ignores ranges, or has another file by now.
    private void begin(FileChannel out, HubClient.Answer answer) throws IOException {
        startAgain(out);
        long offered = answer.headers().firstValueAsLong("Content-Length").orElse(file.size());
        if (offered != file.size()) throw wrongSize(offered + " bytes");
        var tag = strongEtag(answer);
        if (tag.isPresent()) Files.writeString(etag, tag.get());
    }

    private void checkContinues(FileChannel out, HubClient.Answer answer) throws IOException {
        var range = RANGE.matcher(answer.header("Content-Range").orElse(""));
        boolean here = range.matches() && Long.parseLong(range.group(1)) == at;
        var known = knownEtag();
        var tag = strongEtag(answer);
        boolean same = known.isEmpty() || tag.isEmpty() || known.equals(tag);
        if (!here || !same) {
            startAgain(out);
            throw new TransientException("the hub sent another part than the one asked for");
        }
        if (!range.group(2).equals("*") && !range.group(2).equals(String.valueOf(file.size())))
            throw wrongSize(range.group(2) + " bytes");
    }

    private void copy(FileChannel out, InputStream in, Retries retries) throws IOException {
        while (true) {
            int n = read(in);
            if (n < 0) break;
            if (n > file.size() - at) throw wrongSize("more");
            var bytes = ByteBuffer.wrap(buffer, 0, n);
            while (bytes.hasRemaining()) out.write(bytes);
            digest.update(buffer, 0, n);
            move(at + n);
            lastByte = System.nanoTime();
            if (at > furthest) {
                furthest = at;
                retries.progressed();
            }
        }
        if (at < file.size())
            throw new TransientException(
                    "the connection ended after " + at + " of " + file.size() + " bytes");
    }

    private int read(InputStream in) throws TransientException {
        try {
            return in.read(buffer);
        } catch (IOException _) {
            throw new TransientException(
                    "the connection broke after " + at + " of " + file.size() + " bytes");
        }
    }

    private String finish() throws IOException {
        String found = Sha256.text(digest);
        String expected = file.sha256();
        if (expected != null && !expected.equals(found)) {
            discard();
            throw new HubException(
                    file.path()
                            + ": its SHA-256 should be "
                            + expected
                            + ", but is "
                            + found
                            + "; deleted, run the same command again to fetch it anew");
        }
        Files.move(
                part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Files.deleteIfExists(etag);
        return found;
    }

    private HubException wrongSize(String found) throws IOException {
        discard();
        return new HubException(
                file.path()
                        + ": should have "
                        + file.size()
                        + " bytes by the hub's list, but the hub sends "
                        + found
                        + "; deleted, run the same command again to fetch it anew");
    }

    private void discard() throws IOException {
        Files.deleteIfExists(part);
        Files.deleteIfExists(etag);
    }

    private void startAgain(FileChannel out) throws IOException {
        out.truncate(0);
        out.position(0);
        Files.deleteIfExists(etag);
        digest.reset();
        move(0);
    }

    private void move(long to) {
        progress.accept(to - at);
        at = to;
    }

    private Optional<String> knownEtag() throws IOException {
        if (!Files.isRegularFile(etag)) return Optional.empty();
        return Optional.of(Files.readString(etag)).filter(tag -> tag.matches("\"[!-~]{1,200}\""));
    }

    /// A weak one does not say that bytes are equal.
    private static Optional<String> strongEtag(HubClient.Answer answer) {
        return answer.header("ETag").filter(tag -> tag.matches("\"[!-~]{1,200}\""));
    }
}
