package chuan.hub;

import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// The dialect of huggingface.co and its mirrors. Large files carry their SHA-256 (`lfs.oid`),
/// others the id of a git object.
record HuggingFaceHub(URI base, String model, String revision) implements Hub {
    @Override
    public Source source() {
        return Source.HUGGINGFACE;
    }

    @Override
    public URI listing() {
        return URI.create(
                base
                        + "/api/models/"
                        + model
                        + "/tree/"
                        + Hub.encoded(revision)
                        + "?recursive=true");
    }

    @Override
    public List<HubFile> files(JsonNode listing) {
        if (!listing.isArray())
            throw new HubException(listing() + ": answers no list of files; is this the hub?");
        var files = new ArrayList<HubFile>();
        for (JsonNode file : listing) {
            if (!file.path("type").asString("").equals("file")) continue;
            String path = file.path("path").asString("");
            JsonNode lfs = file.path("lfs");
            String id = file.path("oid").asString("");
            files.add(
                    lfs.isObject()
                            ? new HubFile(
                                    path,
                                    HubJson.size(path, lfs.path("size")),
                                    lfs.path("oid").asString("").replaceFirst("^sha256:", ""),
                                    id)
                            : new HubFile(path, HubJson.size(path, file.path("size")), null, id));
        }
        return files;
    }

    @Override
    public URI location(String path) {
        return URI.create(
                base
                        + "/"
                        + model
                        + "/resolve/"
                        + Hub.encoded(revision)
                        + "/"
                        + Arrays.stream(path.split("/"))
                                .map(Hub::encoded)
                                .collect(Collectors.joining("/")));
    }

    @Override
    public URI page() {
        return URI.create(base + "/" + model);
    }

    @Override
    public Map<String, String> credentials(String token) {
        return Map.of("Authorization", "Bearer " + token);
    }
}
