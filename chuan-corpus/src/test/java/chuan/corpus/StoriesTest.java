package chuan.corpus;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.corpus.Stories.Story;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoriesTest {
    @TempDir Path folder;

    @Test
    void pagesAndLinesBecomeOneParagraph() {
        String english = "# The Cow\n\n##\nJojo has\na cow.\n\n##\n\"Moo,\" says\nthe cow.";
        assertThat(Stories.parse(english, "en"))
                .hasValue(new Story("The Cow", "Jojo has a cow. \"Moo,\" says the cow."));
        String chinese = "# 看书\n\n##\n我喜欢\n看书。\n\n##\n你呢？";
        assertThat(Stories.parse(chinese, "zh")).hasValue(new Story("看书", "我喜欢看书。你呢？"));
    }

    @Test
    void whatHasNoEndOrNoTitleOrPartsIsLeftOut() {
        assertThat(Stories.parse("# T\n\n##\nAnd then he", "en")).isEmpty();
        assertThat(Stories.parse("He went home.", "en")).isEmpty();
        assertThat(Stories.parse("# T\n\n## Part one\nHe went home.", "en")).isEmpty();
        assertThat(Stories.parse("# T\n\n##\nTurn to page 3.", "en")).isEmpty();
    }

    @Test
    void aStoryIsAskedForByItsTitleAndWithout() {
        AtomicFile.write(
                folder.resolve("s.jsonl.gz"),
                """
                {"id":"s1","text":"# The Cow\\n\\n##\\nJojo has a cow.","license":"CC-BY-4.0"}
                """);
        var chats =
                Stories.read(
                        List.of(folder.resolve("s.jsonl.gz")),
                        "s",
                        "en",
                        List.of("Tell me \"{title}\".", "Tell me a story."));
        assertThat(chats.stream().map(chat -> chat.turns().getFirst().content()))
                .containsExactly("Tell me \"The Cow\".", "Tell me a story.");
        assertThat(chats.stream().map(chat -> chat.turns().getLast().content()))
                .containsOnly("Jojo has a cow.");
        assertThat(chats.stream().map(Chats.Chat::group)).containsOnly("s1");
        assertThat(chats.getFirst().license()).isEqualTo("CC-BY-4.0");
    }
}
