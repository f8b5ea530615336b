package chuan.engine.constrain;

import chuan.files.Json;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A schema with what its references can name: places, anchors, and schemas inside that have an
/// `$id` of their own. References to other documents are not followed.
final class SchemaDocument {
    /// Values of these are data, not schemas.
    private static final Set<String> DATA = Set.of("const", "enum", "default", "examples");

    private final SchemaNode root;

    /// Schemas by their absolute `$id`.
    private final Map<String, SchemaNode> resources = new HashMap<>();

    /// What references are relative to, by the pointer of the schema that says so.
    private final Map<String, String> bases = new HashMap<>();

    private final Map<String, SchemaNode> anchors = new HashMap<>();
    private final Map<String, Integer> dynamic = new HashMap<>();
    private final boolean draft4;
    private boolean recursiveAnchor;

    SchemaDocument(Json json) {
        root = new SchemaNode("", json).asSchema();
        var dialect = root.get("$schema");
        if (dialect != null && !dialect.string().matches("https?://json-schema\\.org/.*"))
            throw dialect.invalid(
                    "the dialect "
                            + dialect.string()
                            + " is not known: use https://json-schema.org/draft/2020-12/schema");
        draft4 = dialect != null && dialect.string().matches(".*draft-0[34].*");
        bases.put("", "");
        resources.put("", root);
        index(root, "");
    }

    SchemaNode root() {
        return root;
    }

    private void index(SchemaNode node, String outer) {
        switch (node.json()) {
            case Json.Obj object -> {
                String base = outer;
                if (object.fields().get(draft4 ? "id" : "$id") instanceof Json.Str id)
                    base = named(node, id.text(), outer);
                if (object.fields().get("$anchor") instanceof Json.Str name)
                    anchors.putIfAbsent(base + "#" + name.text(), node);
                if (object.fields().get("$dynamicAnchor") instanceof Json.Str name) {
                    anchors.putIfAbsent(base + "#" + name.text(), node);
                    dynamic.merge(name.text(), 1, Integer::sum);
                }
                recursiveAnchor |=
                        !node.pointer().isEmpty()
                                && object.fields().containsKey("$recursiveAnchor");
                for (var field : object.fields().entrySet())
                    if (!DATA.contains(field.getKey()))
                        index(node.child(field.getKey(), field.getValue()), base);
            }
            case Json.Arr _ -> node.items().forEach(item -> index(item, outer));
            case Json.Str _, Json.Num _, Json.Bool _, Json.Null _ -> {}
        }
    }

    /// @return what references inside are relative to
    private String named(SchemaNode node, String id, String outer) {
        if (id.startsWith("#")) { // an anchor, in older drafts
            anchors.putIfAbsent(outer + id, node);
            return outer;
        }
        String base = resolve(outer, id).replaceFirst("#$", "");
        resources.putIfAbsent(base, node);
        bases.put(node.pointer(), base);
        return base;
    }

    private static String resolve(String base, String text) {
        if (text.isEmpty() || text.startsWith("#")) return base + text;
        try {
            return base.isEmpty() ? text : URI.create(base).resolve(text).toString();
        } catch (IllegalArgumentException _) {
            return text; // not a URI, but perhaps a name that is used the same way twice
        }
    }

    private String base(SchemaNode node) {
        String at = node.pointer();
        while (true) {
            String base = bases.get(at);
            if (base != null) return base;
            at = at.substring(0, Math.max(0, at.lastIndexOf('/')));
        }
    }

    /// What a `$ref` names; also a `$dynamicRef` or `$recursiveRef` that can name one thing only.
    SchemaNode resolve(SchemaNode ref, String keyword) {
        String text = ref.string();
        boolean open =
                switch (keyword) {
                    case "$dynamicRef" ->
                            dynamic.getOrDefault(text.substring(text.indexOf('#') + 1), 0) > 1;
                    case "$recursiveRef" -> recursiveAnchor;
                    default -> false;
                };
        if (open)
            throw ref.invalid(
                    keyword + " is supported where there is one such anchor only: use $ref");
        String full = resolve(base(ref), text);
        int hash = full.indexOf('#');
        var resource = resources.get(hash < 0 ? full : full.substring(0, hash));
        if (resource == null)
            throw ref.invalid(
                    "$ref to another document ("
                            + text
                            + ") is not followed: copy that schema into $defs");
        String fragment = decode(hash < 0 ? "" : full.substring(hash + 1), ref);
        if (fragment.isEmpty()) return resource;
        if (!fragment.startsWith("/")) {
            var anchored = anchors.get(full.substring(0, hash + 1) + fragment);
            if (anchored == null) throw ref.invalid("$ref names the unknown $anchor " + fragment);
            return anchored;
        }
        SchemaNode at = resource;
        for (String step : fragment.substring(1).split("/", -1))
            at = step(at, step.replace("~1", "/").replace("~0", "~"), ref);
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
        @Nullable Json value =
                switch (at.json()) {
                    case Json.Obj object -> object.fields().get(name);
                    case Json.Arr array -> item(array.items(), name);
                    case Json.Str _, Json.Num _, Json.Bool _, Json.Null _ -> null;
                };
        if (value == null)
            throw ref.invalid("$ref names " + ref.string() + ", which is not in the schema");
        return at.child(name, value);
    }

    private static @Nullable Json item(List<Json> items, String name) {
        if (!name.matches("0|[1-9][0-9]{0,8}")) return null;
        int at = Integer.parseInt(name);
        return at < items.size() ? items.get(at) : null;
    }
}
