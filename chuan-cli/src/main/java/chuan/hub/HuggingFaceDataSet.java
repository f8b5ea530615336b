package chuan.hub;

import java.net.URI;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// A data set at huggingface.co or a mirror: the dialect of its models, in a room of its own.
record HuggingFaceDataSet(HuggingFaceHub hub) implements Hub {
    @Override
    public Source source() {
        return hub.source();
    }

    @Override
    public URI base() {
        return hub.base();
    }

    @Override
    public String model() {
        return hub.model();
    }

    @Override
    public String revision() {
        return hub.revision();
    }

    @Override
    public URI listing() {
        return moved(hub.listing(), "/api/models/", "/api/datasets/");
    }

    @Override
    public List<HubFile> files(JsonNode listing) {
        return hub.files(listing);
    }

    @Override
    public URI location(String path) {
        return moved(hub.location(path), "/", "/datasets/");
    }

    @Override
    public URI page() {
        return moved(hub.page(), "/", "/datasets/");
    }

    @Override
    public Map<String, String> credentials(String token) {
        return hub.credentials(token);
    }

    private URI moved(URI uri, String from, String to) {
        String base = hub.base().toString();
        String path = uri.toString().substring(base.length());
        return URI.create(base + to + path.substring(from.length()));
    }
}
