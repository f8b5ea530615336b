package chuan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.data.Offset.offset;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class LossByLengthTest {
    private static final OptionalInt START = OptionalInt.of(Toys.EOS);

    @Test
    void bucketsAddUpToThePerplexityOfTheSameTokens() {
        var backend = Toys.hashing(400, 3);
        var tokenizer = Toys.byteTokenizer();
        String text = "好x".repeat(25); // a leading space and 4 bytes each: 101 tokens
        var protocol = new LossByLength(START, 102, 40);
        var selection = protocol.select(tokenizer, List.of("short", text + "more", text), 9);
        assertThat(selection.texts()).hasSize(2);
        assertThat(selection.shorter()).isEqualTo(1);
        assertThat(selection.longest()).isEqualTo(106);
        var heard = new ArrayList<Long>();
        var buckets = protocol.measure(backend, selection, heard::add);
        assertThat(buckets).extracting(LossByLength.Bucket::from).containsExactly(0, 40, 80);
        assertThat(buckets).extracting(LossByLength.Bucket::to).containsExactly(40, 80, 102);
        assertThat(buckets).extracting(LossByLength.Bucket::tokens).containsExactly(78L, 80L, 44L);
        assertThat(buckets.stream().mapToLong(LossByLength.Bucket::bytes).sum()).isEqualTo(200);
        assertThat(heard.getLast()).isEqualTo(2 * 101);
        var each = protocol.measureEach(backend, selection, _ -> {});
        assertThat(each).hasSize(2);
        for (int i = 0; i < 3; i++)
            assertThat(each.get(0)[i] + each.get(1)[i])
                    .isCloseTo(buckets.get(i).nats(), offset(1e-9));
        var whole =
                new Perplexity(START, 102, 102)
                        .measure(
                                backend,
                                tokenizer,
                                List.of(text, text),
                                _ -> {},
                                new Cancellation());
        assertThat(buckets.stream().mapToDouble(LossByLength.Bucket::nats).sum())
                .isCloseTo(whole.nats(), offset(1e-9));
        assertThat(backend.openCaches).isZero();
    }

    @Test
    void noMoreDocumentsThanWanted() {
        var protocol = new LossByLength(START, 4, 2);
        var texts = List.of("aaaa", "bbbb", "cccc");
        assertThat(protocol.select(Toys.byteTokenizer(), texts, 2).texts()).hasSize(2);
    }

    @Test
    void wrongProtocolsNameTheField() {
        assertThatThrownBy(() -> new LossByLength(START, 1, 1)).hasMessageStartingWith("context: ");
        assertThatThrownBy(() -> new LossByLength(START, 8, 9)).hasMessageStartingWith("bucket: ");
    }
}
