package chuan.hub;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// One revision of one model at a hub: where its files are, in the hub's dialect.
public sealed interface Hub permits HuggingFaceHub, HuggingFaceDataSet, ModelScopeHub, WebFolder {
    /// Names that can be meant: `model` or `owner/model`.
    Pattern NAME = Pattern.compile("(\\w[\\w.-]{0,100}/)?\\w[\\w.-]{0,100}");

    /// The dialects, with what is usual in each.
    enum Source {
        HUGGINGFACE("https://huggingface.co", "HF_ENDPOINT", "HF_TOKEN", "main"),
        MODELSCOPE(
                "https://www.modelscope.cn", "MODELSCOPE_ENDPOINT", "MODELSCOPE_TOKEN", "master");

        private final String endpoint;
        private final String endpointVariable;
        private final String tokenVariable;
        private final String revision;

        Source(String endpoint, String endpointVariable, String tokenVariable, String revision) {
            this.endpoint = endpoint;
            this.endpointVariable = endpointVariable;
            this.tokenVariable = tokenVariable;
            this.revision = revision;
        }

        public String endpoint() {
            return endpoint;
        }

        public String endpointVariable() {
            return endpointVariable;
        }

        public String tokenVariable() {
            return tokenVariable;
        }

        /// Which revision is the newest.
        public String revision() {
            return revision;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// @param address of the hub, such as `https://huggingface.co`
    /// @throws HubException if address, name or revision cannot be one
    static Hub of(Source source, String address, String model, String revision) {
        if (!isName(model))
            throw new HubException(
                    model + ": not a model's name, such as baichuan-inc/Baichuan-7B");
        if (!revision.matches("\\w[\\w./-]*") || revision.contains(".."))
            throw new HubException("--revision " + revision + ": not a branch, tag or commit");
        URI base = base(address);
        return switch (source) {
            case HUGGINGFACE -> new HuggingFaceHub(base, model, revision);
            case MODELSCOPE -> new ModelScopeHub(base, model, revision);
        };
    }

    /// A data set of the Hugging Face hub or a mirror.
    ///
    /// @throws HubException if address, name or revision cannot be one
    static Hub dataSet(String address, String name, String revision) {
        return switch (of(Source.HUGGINGFACE, address, name, revision)) {
            case HuggingFaceHub hub -> new HuggingFaceDataSet(hub);
            case HuggingFaceDataSet _, ModelScopeHub _, WebFolder _ ->
                    throw new IllegalStateException();
        };
    }

    /// Files that are known by name.
    ///
    /// @param address in front of the names
    /// @param name of it all, for people
    static Hub folder(String address, String name, List<Entry> entries) {
        return new WebFolder(base(address), name, entries);
    }

    /// @param bytes as far as known
    /// @param sha256 as far as known
    record Entry(String path, OptionalLong bytes, @Nullable String sha256) {}

    static boolean isName(String text) {
        return NAME.matcher(text).matches() && !text.contains("..");
    }

    Source source();

    /// The hub's address, without a slash at the end.
    URI base();

    String model();

    String revision();

    /// What lists the files, as JSON.
    URI listing();

    /// The files of a page of the listing.
    List<HubFile> files(JsonNode listing);

    URI location(String path);

    /// Where people read about the model and accept its terms.
    URI page();

    /// Headers that carry a token.
    Map<String, String> credentials(String token);

    /// As part of a path or query: everything but letters, digits and `._-` as `%XX`.
    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static URI base(String address) {
        try {
            var uri = new URI(address.strip().replaceAll("/+$", ""));
            String scheme = String.valueOf(uri.getScheme()).toLowerCase(Locale.ROOT);
            boolean usable =
                    (scheme.equals("https") || scheme.equals("http"))
                            && uri.getHost() != null
                            && uri.getRawUserInfo() == null
                            && uri.getRawQuery() == null
                            && uri.getRawFragment() == null;
            if (usable) return uri;
        } catch (URISyntaxException _) {
            // said below
        }
        throw new HubException(address + ": not a hub's address, such as https://huggingface.co");
    }
}
