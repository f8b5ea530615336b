package chuan.engine.constrain;

import chuan.files.Json;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A schema with what its references can name.
final class SchemaDocument {
    /// Values of these are data, not schemas.
    private static final Set<String> DATA = Set.of("const", "enum", "default", "examples");

    private final SchemaNode root;
    private final String id;
    private final Map<String, SchemaNode> anchors = new HashMap<>();

    SchemaDocument(Json json) {
        root = new SchemaNode("", json).asSchema();
        var own = root.get("$id");
        id = own == null ? "" : own.string().replaceFirst("#$", "");
        index(root);
        var dialect = root.get("$schema");
        if (dialect != null && !dialect.string().matches("https?://json-schema\\.org/.*"))
            throw dialect.invalid(
                    "the dialect "
                            + dialect.string()
                            + " is not known: use https://json-schema.org/draft/2020-12/schema");
    }

    SchemaNode root() {
        return root;
    }

    private void index(SchemaNode node) {
        switch (node.json()) {
            case Json.Obj object -> {
                for (String keyword : List.of("$anchor", "$dynamicAnchor"))
                    if (object.fields().get(keyword) instanceof Json.Str name)
                        anchors.putIfAbsent(name.text(), node);
                object.fields()
                        .forEach((name, value) -> {
                            if (!DATA.contains(name)) index(node.child(name, value));
                        });
            }
            case Json.Arr _ -> node.items().forEach(this::index);
            case Json.Str _, Json.Num _, Json.Bool _, Json.Null _ -> {}
        }
    }

    /// What a `$ref` names.
    SchemaNode resolve(SchemaNode ref) {
        String text = ref.string();
        int hash = text.indexOf('#');
        String base = hash < 0 ? text : text.substring(0, hash);
        if (!base.isEmpty() && !base.equals(id))
            throw ref.invalid(
                    "$ref to another document ("
                            + text
                            + ") is not followed: copy that schema into $defs");
        String fragment = decode(hash < 0 ? "" : text.substring(hash + 1), ref);
        if (fragment.isEmpty()) return root;
        if (!fragment.startsWith("/")) {
            var anchored = anchors.get(fragment);
            if (anchored == null) throw ref.invalid("$ref names the unknown $anchor " + fragment);
            return anchored;
        }
        SchemaNode at = root;
        for (String step : fragment.substring(1).split("/", -1)) {
            at = step(at, step.replace("~1", "/").replace("~0", "~"), ref);
        }
        return at.asSchema();
    }

    private static String decode(String fragment, SchemaNode ref) {
        try {
            return URLDecoder.decode(fragment.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            throw ref.invalid("$ref holds a wrong % escape");
        }
    }

    private static SchemaNode step(SchemaNode at, String name, SchemaNode ref) {
        Json value =
                switch (at.json()) {
                    case Json.Obj object -> object.fields().get(name);
                    case Json.Arr array ->
                            name.matches("0|[1-9][0-9]{0,8}")
                                            && Integer.parseInt(name) < array.items().size()
                                    ? array.items().get(Integer.parseInt(name))
                                    : null;
                    case Json.Str _, Json.Num _, Json.Bool _, Json.Null _ -> null;
                };
        if (value == null)
            throw ref.invalid("$ref names " + ref.string() + ", which is not in the schema");
        return at.child(name, value);
    }
}
