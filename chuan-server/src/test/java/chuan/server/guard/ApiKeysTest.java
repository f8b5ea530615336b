package chuan.server.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class ApiKeysTest {
    /// echo -n abc | sha256sum
    private static final String ABC =
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @Test
    void aKeyIsFoundByItsHash() {
        var keys = ApiKeys.parse("keys", List.of("", "# comment", "bob  sha256:" + ABC));
        assertThat(keys.owner("abc")).isEqualTo("bob");
        assertThat(keys.owner("abd")).isNull();
        assertThat(keys.owner(ABC)).as("the hash is no key").isNull();
        assertThat(keys.required()).isTrue();
        assertThat(ApiKeys.NONE.required()).isFalse();
    }

    @Test
    void aFileHoldsHashesOnly() {
        assertThat(ApiKeys.line("bob", "abc")).isEqualTo("bob sha256:" + ABC);
        assertThat(ApiKeys.generate()).isNotEqualTo(ApiKeys.generate()).hasSizeGreaterThan(50);
    }

    @Test
    void clearTextIsSeparatedByCommas() {
        var keys = ApiKeys.ofClearText("KEYS", "abc, def");
        assertThat(keys.owner("abc")).isEqualTo("key1");
        assertThat(keys.owner("def")).isEqualTo("key2");
    }

    @Test
    void whatIsWrongIsNamedByItsLine() {
        for (String line :
                List.of("abc", "bob sha256:12", "bob md5:" + ABC, "b/b sha256:" + ABC, "a b c"))
            assertThatThrownBy(() -> ApiKeys.parse("keys", List.of("", line)))
                    .as(line)
                    .hasMessageStartingWith("keys, line 2: ");
        String bob = "bob sha256:" + ABC;
        assertThatThrownBy(() -> ApiKeys.parse("keys", List.of(bob, bob)))
                .hasMessageContaining("comes twice");
        assertThatThrownBy(() -> ApiKeys.parse("keys", List.of("#")))
                .hasMessageContaining("no key");
    }
}
