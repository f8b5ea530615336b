package chuan.engine.constrain;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.engine.Constraint;
import chuan.files.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/// The official JSON-Schema-Test-Suite, draft 2020-12. A schema is followed exactly or refused:
/// values that it forbids are never accepted, values that it allows always, in the spelling and the
/// key order that we write.
class TestSuiteTest {
    /// Cases about what our documented departures leave out.
    private static final List<String> DEPARTURES = List.of("format.json", "content.json");

    @Test
    void followedOrRefused() throws IOException {
        var constraints = new Constraints(Vocabularies.SHIPPED);
        Map<String, int[]> counts = new LinkedHashMap<>();
        var wrong = new ArrayList<String>();
        try (var files =
                Files.list(Vocabularies.root().resolve("testdata/json-schema-test-suite"))) {
            for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
                if (DEPARTURES.contains(file.getFileName().toString())) continue;
                var groups = (Json.Arr) Json.parse(file, Files.readAllBytes(file));
                for (Json group : groups.items())
                    group(
                            constraints,
                            file.getFileName().toString(),
                            (Json.Obj) group,
                            counts,
                            wrong);
            }
        }
        counts.forEach(
                (file, n) -> System.out.printf("%-28s %4d right, %4d refused%n", file, n[0], n[1]));
        System.out.println(
                counts.values().stream().mapToInt(n -> n[0]).sum()
                        + " right, "
                        + counts.values().stream().mapToInt(n -> n[1]).sum()
                        + " refused, "
                        + wrong.size()
                        + " wrong");
        assertThat(wrong).isEmpty();
    }

    private static void group(
            Constraints constraints,
            String file,
            Json.Obj group,
            Map<String, int[]> counts,
            List<String> wrong) {
        Json schema = field(group, "schema");
        var tests = ((Json.Arr) field(group, "tests")).items();
        int[] count = counts.computeIfAbsent(file, _ -> new int[2]);
        Constraint constraint;
        try {
            constraint = constraints.jsonSchema(open(schema).compact());
        } catch (SchemaException e) {
            boolean unsatisfiable = String.valueOf(e.getMessage()).contains("no text satisfies");
            for (Json test : tests)
                if (unsatisfiable && valid((Json.Obj) test)) wrong.add(name(file, group, test));
            count[1] += tests.size();
            return;
        }
        for (Json test : tests) {
            Json data = field((Json.Obj) test, "data");
            boolean accepted = spelled(constraint, data);
            if (accepted == valid((Json.Obj) test)) count[0]++;
            else wrong.add(name(file, group, test));
        }
    }

    private static String name(String file, Json.Obj group, Json test) {
        return file
                + ": "
                + ((Json.Str) field(group, "description")).text()
                + ": "
                + ((Json.Str) field((Json.Obj) test, "description")).text();
    }

    private static Json field(Json.Obj object, String name) {
        return Objects.requireNonNull(object.fields().get(name), name);
    }

    private static boolean valid(Json.Obj test) {
        return field(test, "valid").equals(new Json.Bool(true));
    }

    /// The letter of the standard: keys that are not mentioned are allowed.
    private static Json open(Json schema) {
        if (!(schema instanceof Json.Obj object)) return schema;
        var fields = new LinkedHashMap<>(object.fields());
        fields.put("x-chuan", Json.Obj.of("absent", "open"));
        return new Json.Obj(fields);
    }

    /// Whether some order of the keys, and some way to write whole numbers, is accepted.
    private static boolean spelled(Constraint constraint, Json data) {
        for (String text : spellings(data))
            if (Vocabularies.accepts(constraint, Vocabularies.SHIPPED, text)) return true;
        return false;
    }

    private static List<String> spellings(Json data) {
        return switch (data) {
            case Json.Str text -> List.of(JsonText.spell(text.text()));
            case Json.Num number -> {
                var decimal = new java.math.BigDecimal(number.literal());
                var ways = new ArrayList<>(List.of(number.literal()));
                if (Math.abs(decimal.scale()) < 400)
                    ways.add(decimal.stripTrailingZeros().toPlainString());
                yield ways;
            }
            case Json.Arr array -> {
                List<String> all = List.of("[");
                for (int i = 0; i < array.items().size(); i++)
                    all = joined(all, i == 0 ? "" : ",", spellings(array.items().get(i)));
                yield joined(all, "]", List.of(""));
            }
            case Json.Obj object -> {
                var all = new ArrayList<String>();
                for (List<String> order : orders(List.copyOf(object.fields().keySet()))) {
                    List<String> ways = List.of("{");
                    for (int i = 0; i < order.size(); i++)
                        ways =
                                joined(
                                        ways,
                                        (i == 0 ? "" : ",") + JsonText.spell(order.get(i)) + ":",
                                        spellings(field(object, order.get(i))));
                    all.addAll(joined(ways, "}", List.of("")));
                }
                yield all;
            }
            case Json.Bool _, Json.Null _ -> List.of(data.compact());
        };
    }

    private static List<String> joined(List<String> before, String between, List<String> after) {
        var all = new ArrayList<String>();
        for (String a : before)
            for (String b : after) if (all.size() < 2000) all.add(a + between + b);
        return all;
    }

    private static List<List<String>> orders(List<String> keys) {
        if (keys.size() <= 1 || keys.size() > 5) return List.of(keys);
        var all = new ArrayList<List<String>>();
        for (String first : keys) {
            var rest = new ArrayList<>(keys);
            rest.remove(first);
            for (List<String> order : orders(rest)) {
                var whole = new ArrayList<>(List.of(first));
                whole.addAll(order);
                all.add(whole);
            }
        }
        return all;
    }
}
