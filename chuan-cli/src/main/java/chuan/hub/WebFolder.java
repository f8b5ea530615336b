package chuan.hub;

import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// Files beside each other on the web, which nobody lists: whoever wants them knows their names,
/// and at best their sizes and hashes.
record WebFolder(URI base, String model, List<Entry> entries) implements Hub {
    WebFolder {
        entries = List.copyOf(entries);
    }

    @Override
    public Source source() {
        return Source.HUGGINGFACE;
    }

    @Override
    public String revision() {
        return "";
    }

    @Override
    public URI listing() {
        return base;
    }

    @Override
    public List<HubFile> files(JsonNode listing) {
        throw new IllegalStateException("there is no listing");
    }

    /// Asks for the sizes that are not known.
    List<HubFile> files(HubClient client) throws TransientException, InterruptedException {
        var files = new ArrayList<HubFile>();
        for (var entry : entries) files.add(file(client, entry));
        return files;
    }

    private HubFile file(HubClient client, Entry entry)
            throws TransientException, InterruptedException {
        long size = entry.bytes().isPresent() ? entry.bytes().getAsLong() : size(client, entry);
        return new HubFile(entry.path(), size, entry.sha256(), "");
    }

    private long size(HubClient client, Entry entry)
            throws TransientException, InterruptedException {
        try (var answer = client.get(entry.path(), location(entry.path()), Map.of())) {
            return answer.header("Content-Length")
                    .filter(text -> text.matches("[0-9]{1,15}"))
                    .map(Long::parseLong)
                    .orElseThrow(() ->
                            new HubException(
                                    entry.path()
                                            + ": "
                                            + base.getHost()
                                            + " does not say its size"));
        } catch (TransientException e) {
            throw e;
        } catch (java.io.IOException e) {
            throw new TransientException(base.getHost() + ": " + e.getMessage());
        }
    }

    @Override
    public URI location(String path) {
        return URI.create(
                base
                        + "/"
                        + Arrays.stream(path.split("/"))
                                .map(Hub::encoded)
                                .collect(Collectors.joining("/")));
    }

    @Override
    public URI page() {
        return base;
    }

    @Override
    public Map<String, String> credentials(String token) {
        return Map.of();
    }
}
