package chuan.eval.endpoint;

import chuan.eval.ExaminationException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// What an endpoint wants to be shown. It is sent, and otherwise neither printed nor kept: no
/// message and no file holds it.
public final class ApiKey {
    private final String secret;

    private ApiKey(String secret, String from) {
        this.secret = secret.strip();
        if (this.secret.isEmpty()) throw new ExaminationException(from + " holds no API key");
        for (char c : this.secret.toCharArray())
            if (c <= ' ' || c > '~')
                throw new ExaminationException(
                        from + " holds more than an API key: blanks or characters that none has");
    }

    /// @param variable of `environment`
    public static ApiKey ofVariable(String variable, Map<String, String> environment) {
        String value = environment.get(variable);
        if (value == null)
            throw new ExaminationException(
                    "--api-key-env: the environment has no variable " + variable);
        return new ApiKey(value, "the environment variable " + variable);
    }

    public static ApiKey ofFile(Path file) {
        try {
            return new ApiKey(Files.readString(file), file.toString());
        } catch (IOException e) {
            throw new ExaminationException("--api-key-file: cannot read " + e.getMessage());
        }
    }

    String header() {
        return "Bearer " + secret;
    }

    /// A text of somebody else's without the key, should it hold it.
    String hiddenIn(String text) {
        return text.replace(secret, "(the API key)");
    }

    @Override
    public String toString() {
        return "(an API key)";
    }
}
