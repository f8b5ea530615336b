package chuan.corpus;

import java.util.List;
import java.util.regex.Pattern;

/// What is particular to one source.
///
/// - `markup`: pages with Markdown, HTML or macros (false for plain prose, where a `*` is a `*`)
/// - `wrapped`: lines were broken at a fixed width and are to be joined
/// - `pairs`: line 2n+1 translates line 2n, so both stay or both go
/// - `anyLanguage`: mixed by nature (dictionaries, sentence pairs), the language check is skipped
/// - `lists`: short lines are its nature (poems, recipes, graded sentences)
/// - `shortest`: fewest letters a document must keep
/// - `mostRepeated`: largest share of the text in sentences that occurred before in the document
/// - `dropLines`: lines in which one of these is found are dropped
record SourceRules(
        boolean markup,
        boolean wrapped,
        boolean pairs,
        boolean anyLanguage,
        boolean lists,
        int shortest,
        double mostRepeated,
        List<Pattern> dropLines) {

    static final SourceRules PLAIN =
            new SourceRules(false, false, false, false, false, 40, 0.3, List.of());

    SourceRules {
        dropLines = List.copyOf(dropLines);
    }

    boolean drops(String line) {
        for (Pattern pattern : dropLines) {
            if (pattern.matcher(line).find()) {
                return true;
            }
        }
        return false;
    }
}
