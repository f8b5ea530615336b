package chuan.hub;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The dialect of modelscope.cn. The token goes as its own client sends it, in a cookie, and as
/// everybody else's.
record ModelScopeHub(URI base, String model, String revision) implements Hub {
    @Override
    public Source source() {
        return Source.MODELSCOPE;
    }

    @Override
    public URI listing() {
        return URI.create(
                api() + "/repo/files?Revision=" + Hub.encoded(revision) + "&Recursive=true");
    }

    @Override
    public List<HubFile> files(JsonNode listing) {
        JsonNode files = listing.path("Data").path("Files");
        if (!files.isArray())
            throw new HubException(
                    model
                            + ": "
                            + base
                            + " lists no files: "
                            + listing.path("Message").asString("no reason given"));
        var result = new ArrayList<HubFile>();
        for (JsonNode file : files) {
            if (file.path("Type").asString("").equals("tree")) continue;
            String path = file.path("Path").asString("");
            String hash = file.path("Sha256").asString("");
            @Nullable String sha256 = hash.isEmpty() ? null : hash;
            result.add(new HubFile(path, HubJson.size(path, file.path("Size")), sha256, ""));
        }
        return result;
    }

    @Override
    public URI location(String path) {
        return URI.create(
                api()
                        + "/repo?Revision="
                        + Hub.encoded(revision)
                        + "&FilePath="
                        + Hub.encoded(path));
    }

    @Override
    public URI page() {
        return URI.create(base + "/models/" + model);
    }

    @Override
    public Map<String, String> credentials(String token) {
        return Map.of("Authorization", "Bearer " + token, "Cookie", "m_session_id=" + token);
    }

    private String api() {
        return base + "/api/v1/models/" + model;
    }
}
