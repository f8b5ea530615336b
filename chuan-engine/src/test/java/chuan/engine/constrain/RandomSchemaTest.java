package chuan.engine.constrain;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Random schemas and values: what we accept is what networknt's validator calls valid, no less and
/// no more, in any order of keys and with any of the blanks that we allow; and what comes out of a
/// random walk is valid, and comes to an end.
class RandomSchemaTest {
    private static final int SCHEMAS = 400;
    private static final int VALUES = 40;

    @Test
    void acceptedIsWhatIsValid() {
        long seed = Long.getLong("chuan.seed", new SplittableRandom().nextLong(1 << 20));
        System.out.println("seed " + seed);
        var judge = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
        var constraints = new Constraints(Vocabularies.SHIPPED);
        int followed = 0;
        int valid = 0;
        int invalid = 0;
        int walks = 0;
        for (long i = seed; i < seed + SCHEMAS; i++) {
            var random = new RandomSchemas(new SplittableRandom(i));
            String schema = random.document();
            chuan.engine.Constraint constraint;
            try {
                constraint = constraints.jsonSchema(schema);
                followed++;
            } catch (SchemaException e) {
                constraint = null;
                if (!String.valueOf(e.getMessage()).contains("no text satisfies")) continue;
            }
            var validator = judge.getSchema(schema);
            for (int v = 0; v < VALUES; v++) {
                String value = random.value(2);
                boolean fits = validator.validate(value, InputFormat.JSON).isEmpty();
                boolean accepted =
                        constraint != null
                                && Vocabularies.accepts(constraint, Vocabularies.SHIPPED, value);
                assertThat(accepted).as("-Dchuan.seed=%d: %s %s", i, schema, value).isEqualTo(fits);
                if (fits) valid++;
                else invalid++;
            }
            if (constraint == null) continue;
            String written = WalkTest.walk(constraint, new SplittableRandom(i), i % 2 == 0, 300);
            if (written == null) continue;
            walks++;
            assertThat(validator.validate(written, InputFormat.JSON))
                    .as("-Dchuan.seed=%d: %s wrote %s", i, schema, written)
                    .isEmpty();
        }
        System.out.printf(
                "%d of %d schemas followed, %d values valid, %d not, %d walks%n",
                followed, SCHEMAS, valid, invalid, walks);
        assertThat(followed).isGreaterThan(SCHEMAS / 3);
        assertThat(walks).isGreaterThan(SCHEMAS / 6);
    }
}
