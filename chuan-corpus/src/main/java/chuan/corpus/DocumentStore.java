package chuan.corpus;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/// Documents on disk, numbered from 0 in the order of their arrival: only ids and places stay in
/// memory, so the size of the corpus is bounded by the disk. Owns a temporary file and removes it
/// on close. One thread appends; any thread may read what was appended before.
final class DocumentStore implements AutoCloseable {
    private record Place(
            Source source, String id, String license, String attribution, long offset, int bytes) {}

    private final Path file;
    private final FileChannel channel;
    private final List<Place> places = new ArrayList<>();
    private long end;

    DocumentStore(Path file) {
        this.file = file;
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            channel =
                    FileChannel.open(
                            file,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.TRUNCATE_EXISTING,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new CorpusException(file + ": cannot be written: " + e.getMessage(), e);
        }
    }

    int size() {
        return places.size();
    }

    String id(int index) {
        return places.get(index).id();
    }

    Source source(int index) {
        return places.get(index).source();
    }

    void add(Source source, Document document) {
        byte[] bytes = document.text().getBytes(StandardCharsets.UTF_8);
        try {
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) {
                channel.write(buffer, end + buffer.position());
            }
        } catch (IOException e) {
            throw new CorpusException(file + ": cannot be written: " + e.getMessage(), e);
        }
        places.add(
                new Place(
                        source,
                        document.id(),
                        document.license(),
                        document.attribution(),
                        end,
                        bytes.length));
        end += bytes.length;
    }

    Document get(int index) {
        Place place = places.get(index);
        ByteBuffer buffer = ByteBuffer.allocate(place.bytes());
        try {
            while (buffer.hasRemaining()) {
                if (channel.read(buffer, place.offset() + buffer.position()) < 0) {
                    throw new CorpusException(file + ": ends before document " + index);
                }
            }
        } catch (IOException e) {
            throw new CorpusException(file + ": cannot be read: " + e.getMessage(), e);
        }
        return new Document(
                place.id(),
                place.source().lang(),
                place.source().name(),
                place.license(),
                place.attribution(),
                new String(buffer.array(), StandardCharsets.UTF_8));
    }

    @Override
    public void close() {
        try {
            channel.close();
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new CorpusException(file + ": cannot be removed: " + e.getMessage(), e);
        }
    }
}
