package chuan.tokenizer;

import java.util.ArrayList;
import java.util.List;

/// The user-defined symbols of the official Baichuan vocabulary, in its order (ids 3 to 392 there):
/// `<SEP>`, `<CLS>`, line break, tab, HTML tags, digits, punctuation, `<reserved_0>` to
/// `<reserved_299>`.
public final class BaichuanSymbols {
    private static final String[] TAGS = {
        "h2", "br", "strong", "h1", "p", "h5", "h3", "table", "li", "tr", "h4", "tbody", "img", "b",
        "td"
    };

    private BaichuanSymbols() {}

    /// All 390 symbols.
    public static List<String> all() {
        return withReserved(300);
    }

    /// The same list with fewer reserved markers, for small vocabularies; `<reserved_102>` and
    /// `<reserved_103>`, the roles of the chat format, need at least 104.
    public static List<String> withReserved(int reserved) {
        List<String> symbols = new ArrayList<>(List.of("<SEP>", "<CLS>", "\n", "\t"));
        for (String tag : TAGS) {
            symbols.add("<" + tag + ">");
            symbols.add("<" + tag + "/>");
            symbols.add("</" + tag + ">");
        }
        for (char digit = '0'; digit <= '9'; digit++) {
            symbols.add(String.valueOf(digit));
        }
        for (char digit = '\uFF10'; digit <= '\uFF19'; digit++) {
            symbols.add(String.valueOf(digit));
        }
        for (char mark : "，。！？、：￥.!?《》【】『』".toCharArray()) {
            symbols.add(String.valueOf(mark));
        }
        symbols.addAll(List.of("```", "<!--", "-->", "---", "<!DOCTYPE>"));
        for (int i = 0; i < reserved; i++) {
            symbols.add("<reserved_" + i + ">");
        }
        return List.copyOf(symbols);
    }
}
