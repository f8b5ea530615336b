package chuan.engine.constrain;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.engine.Constraint;
import chuan.engine.tools.Tool;
import chuan.engine.tools.ToolChoice;
import chuan.engine.tools.ToolUse;
import chuan.tokenizer.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Random walks through constraints, over the shipped vocabulary.
class WalkTest {
    private static final Tokenizer TOKENIZER = Vocabularies.SHIPPED;
    private static final Constraints CONSTRAINTS = new Constraints(TOKENIZER);
    private static final ToolUse TOOLS =
            new ToolUse(
                    List.of(
                            new Tool("天气", "", Schemas.ALL.getFirst(), true),
                            new Tool("b", "", "", true)),
                    new ToolChoice.Auto(),
                    true);
    private static final Pattern CLOSING = Pattern.compile(".*[\"}\\]].*");

    private static boolean[] mask(Constraint constraint, int state) {
        var logits = new float[TOKENIZER.vocabSize()];
        constraint.mask(state, logits);
        var allowed = new boolean[logits.length];
        for (int id = 0; id < logits.length; id++) allowed[id] = logits[id] == 0;
        return allowed;
    }

    private static List<Constraint> all() {
        var all = new ArrayList<Constraint>();
        for (String schema : Schemas.ALL) all.add(CONSTRAINTS.jsonSchema(schema));
        all.add(CONSTRAINTS.jsonObject());
        all.add(CONSTRAINTS.continuing().jsonObject());
        all.add(CONSTRAINTS.regex("(你好|[a-z]{2,9} )+😀?"));
        all.add(CONSTRAINTS.gbnf("root ::= \"[\" (root | [一-龥]{1,3}) \"]\" # nested\n"));
        all.add(CONSTRAINTS.tools(TOOLS, Constraint.NONE));
        all.add(CONSTRAINTS.tools(TOOLS, CONSTRAINTS.jsonObject()));
        all.add(
                CONSTRAINTS
                        .continuing()
                        .tools(TOOLS.withChoice(new ToolChoice.Required()), Constraint.NONE));
        return all;
    }

    @Test
    void aMaskIsWhatEachTokenWouldDo() {
        var random = new SplittableRandom(20);
        for (Constraint constraint : all()) {
            int state = constraint.start();
            for (int step = 0; step < 12; step++) {
                boolean[] allowed = mask(constraint, state);
                var ids = new ArrayList<Integer>();
                for (int id = 0; id < allowed.length; id++) {
                    assertThat(allowed[id])
                            .as("token %d in state %d", id, state)
                            .isEqualTo(constraint.advance(state, id) >= 0);
                    if (allowed[id]) ids.add(id);
                }
                if (constraint.complete(state)) break;
                assertThat(ids.isEmpty() && !constraint.accepting(state)).isFalse();
                if (ids.isEmpty()) break;
                state = constraint.advance(state, ids.get(random.nextInt(ids.size())));
            }
        }
    }

    /// What is forced is allowed, and nothing else is but the space that means nothing: every token
    /// that is allowed begins, or goes on, like the forced text, with or without that space.
    @Test
    void whatIsForcedIsAllThatIsAllowed() {
        int found = 0;
        var out = new int[16];
        for (Constraint constraint : all()) {
            var random = new SplittableRandom(21);
            int state = constraint.start();
            for (int step = 0; step < 60 && !constraint.complete(state); step++) {
                int forced = constraint.forced(state, out, 3, 8);
                String text = TOKENIZER.decode(out, 3, 3 + forced).replace(" ", "");
                int at = state;
                for (int i = 0; i < forced; i++) {
                    at = constraint.advance(at, out[3 + i]);
                    assertThat(at).isNotNegative();
                }
                boolean[] allowed = mask(constraint, state);
                var ids = new ArrayList<Integer>();
                for (int id = 0; id < allowed.length; id++) {
                    if (!allowed[id]) continue;
                    ids.add(id);
                    String piece = TOKENIZER.piece(id).replace("\u2581", "");
                    if (forced > 0 && TOKENIZER.byteOf(id) < 0)
                        assertThat(text.startsWith(piece) || piece.startsWith(text))
                                .as("%s instead of %s", piece, text)
                                .isTrue();
                }
                if (forced > 0) found++;
                state = constraint.advance(state, ids.get(random.nextInt(ids.size())));
            }
        }
        assertThat(found).isPositive();
    }

    /// Walks at random and away from whatever closes, then ends as soon as it can: what comes out
    /// fits, and there is always a way on.
    @Test
    void whatIsWrittenFits() {
        int texts = 0;
        for (int s = 0; s < Schemas.ALL.size(); s++) {
            var constraint = CONSTRAINTS.jsonSchema(Schemas.ALL.get(s));
            for (long seed = 0; seed < 25; seed++) {
                var random = new SplittableRandom(seed * 100 + s);
                String text = Objects.requireNonNull(walk(constraint, random, seed % 2 == 0, 3000));
                assertThat(Schemas.faults(Schemas.ALL.get(s), text))
                        .as("schema %d, seed %d: %s", s, seed, text)
                        .isEmpty();
                texts++;
            }
        }
        System.out.println(texts + " texts fit");
    }

    /// @return null if it takes more than `most` tokens
    static @org.jspecify.annotations.Nullable String walk(
            Constraint constraint, SplittableRandom random, boolean evasive, int most) {
        var ids = new ArrayList<Integer>();
        int state = constraint.start();
        for (int step = 0; !constraint.complete(state); step++) {
            if (step == most) return null;
            boolean hurry = step > 40;
            if (constraint.accepting(state) && (hurry || random.nextInt(4) == 0)) break;
            boolean[] allowed = mask(constraint, state);
            int[] all =
                    java.util.stream.IntStream.range(0, allowed.length)
                            .filter(i -> allowed[i])
                            .toArray();
            assertThat(all).as("no dead end").isNotEmpty();
            int[] preferred =
                    Arrays.stream(all)
                            .filter(id ->
                                    CLOSING.matcher(TOKENIZER.piece(id)).matches()
                                            == (hurry || !evasive))
                            .toArray();
            int[] from = preferred.length > 0 && random.nextInt(5) > 0 ? preferred : all;
            int id = from[random.nextInt(from.length)];
            ids.add(id);
            state = constraint.advance(state, id);
        }
        return TOKENIZER.decode(ids.stream().mapToInt(i -> i).toArray());
    }

    /// A text that is allowed is allowed however it is cut into tokens.
    @Test
    void anySplitWillDo() {
        List<String> texts =
                List.of(
                        "{\"城市\": \"上海\", \"n\": 31}",
                        "{\"城市\":\"北京\"}",
                        "{\"城市\":\"北京\",\"n\":7}");
        var constraint = CONSTRAINTS.jsonSchema(Schemas.ALL.getFirst());
        for (long seed = 0; seed < 200; seed++)
            for (String text : texts) {
                int[] ids = Vocabularies.split(TOKENIZER, text, new SplittableRandom(seed));
                int state = constraint.start();
                for (int id : ids) {
                    state = constraint.advance(state, id);
                    assertThat(state).as("seed %d: %s", seed, text).isNotNegative();
                }
                assertThat(constraint.complete(state)).isTrue();
                assertThat(TOKENIZER.decode(ids)).isEqualTo(text);
            }
    }
}
