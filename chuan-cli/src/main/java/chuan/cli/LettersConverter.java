package chuan.cli;

import chuan.eval.LetterTokens;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// `word-start` or `plain`.
final class LettersConverter implements ITypeConverter<LetterTokens> {
    @Override
    public LetterTokens convert(String text) {
        for (var form : LetterTokens.values()) if (name(form).equals(text)) return form;
        throw new TypeConversionException("'" + text + "' is neither word-start nor plain");
    }

    static String name(LetterTokens form) {
        return form.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
