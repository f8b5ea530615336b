package chuan.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import chuan.engine.ChatMessage.Role;
import chuan.engine.ChatTemplate.Format;
import chuan.files.Json;
import chuan.files.JsonFields;
import chuan.tokenizer.SpecialText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// All conversations of the official code, both formats, with the official vocabulary.
class ChatGoldenTest {
    /// Where our builder means to differ: it keeps the user's id in front of what it cuts, and a
    /// text cannot spell control tokens.
    private static final Set<String> OURS_DIFFER =
            Set.of(
                    "injection_text",
                    "truncate_last_message_too_long",
                    "real_limits_one_huge_message",
                    "max_new_tokens_over_half V2");

    static Stream<String> names() {
        return Golden.cases("chat/chat.json").stream().map(c -> c.text("name").get());
    }

    @ParameterizedTest
    @MethodSource("names")
    void equalsTheOfficialBuilders(String name) throws IOException {
        var tokenizer = Golden.officialTokenizer();
        assumeTrue(
                tokenizer.isPresent(),
                "needs the official tokenizer.model, which may not be passed on: set CHUAN_SHARED, or"
                        + " put it into ../shared");
        var c =
                Golden.cases("chat/chat.json").stream()
                        .filter(f -> f.text("name").get().equals(name))
                        .findFirst()
                        .get();
        var messages = messages(c);
        int context = c.integer("model_max_length");
        int maxTokens = c.integer("max_new_tokens");
        for (var format : Format.values()) {
            var expected = c.find(format == Format.V1 ? "v1_2023_07" : "v2_2023_09").get();
            var template = ChatTemplate.baichuan().withFormat(format);
            var official = template.asOfficial();
            ChatTemplate.Encoder trusting =
                    text -> tokenizer.get().encode(text, SpecialText.OFFICIAL_CLASS);
            if (expected instanceof Json.Obj) {
                assertThatThrownBy(() -> official.render(messages, trusting, context, maxTokens))
                        .hasMessageContaining("system");
                continue;
            }
            int[] ids = Golden.ints(expected);
            assertThat(official.render(messages, trusting, context, maxTokens).ids())
                    .as("%s, official %s", name, format)
                    .isEqualTo(ids);
            var ours = template.render(messages, tokenizer.get()::encode, context, maxTokens);
            if (OURS_DIFFER.contains(name) || OURS_DIFFER.contains(name + " " + format))
                assertThat(ours.ids()).isNotEqualTo(ids).startsWith(195).endsWith(196);
            else assertThat(ours.ids()).as("%s, our %s", name, format).isEqualTo(ids);
        }
    }

    private static List<ChatMessage> messages(JsonFields c) {
        var messages = new ArrayList<ChatMessage>();
        for (Json item : ((Json.Arr) c.find("messages").orElseThrow()).items()) {
            var message = new JsonFields(c.file(), (Json.Obj) item);
            messages.add(
                    new ChatMessage(
                            Role.parse(message.text("role").get(), "role"),
                            message.text("content").get()));
        }
        return messages;
    }
}
