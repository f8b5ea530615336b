package chuan.eval.measure;

import chuan.engine.ChatMessage;
import chuan.eval.Ask;
import chuan.eval.Prompt;
import java.util.List;

/// Prompts that show in a minute what a model is like: those of the announcements of Baichuan-7B,
/// Baichuan-13B and Baichuan2, and a few of our own.
///
/// @param about what it shows
/// @param chat whether it is a message to an assistant, not a text to be continued
/// @param source where it is from
public record DemoPrompt(
        String about, String aboutChinese, String text, boolean chat, String source) {

    private static final String OURS = "Chuan";

    public static final List<DemoPrompt> ALL =
            List.of(
                    text("Poem to author", "诗到作者", "登鹳雀楼->王之涣\n夜雨寄北->", "Baichuan README"),
                    text(
                            "Book to author",
                            "书到作者",
                            "Hamlet->Shakespeare\nOne Hundred Years of Solitude->",
                            "Baichuan README"),
                    text("A story begins", "故事开头", "Once upon a time", OURS),
                    text("A text goes on", "续写", "春天来了，", OURS),
                    message("A fact", "常识", "世界上第二高的山峰是哪座", "Baichuan-13B README"),
                    message("A saying explained", "解释成语", "解释一下“温故而知新”", "Baichuan2 README"),
                    message("Who are you?", "你是谁", "你好，请介绍一下你自己。", OURS),
                    message("A sum", "算术", "12 加 30 等于多少？", OURS),
                    message("English", "英语", "Write two sentences about the sea.", OURS));

    private static DemoPrompt text(String about, String chinese, String text, String source) {
        return new DemoPrompt(about, chinese, text, false, source);
    }

    private static DemoPrompt message(String about, String chinese, String text, String source) {
        return new DemoPrompt(about, chinese, text, true, source);
    }

    /// The text that a model writes to it, greedily.
    ///
    /// @param tuned whether the model knows its chat format; else a message is a text to be
    ///   continued
    public Ask.Writing ask(boolean tuned, int maxTokens) {
        Prompt prompt =
                chat && tuned
                        ? new Prompt.Chat(List.of(ChatMessage.user(text)))
                        : new Prompt.Text(text);
        return new Ask.Writing(prompt, List.of(), maxTokens, 0, 0);
    }
}
