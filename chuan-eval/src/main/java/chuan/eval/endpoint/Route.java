package chuan.eval.endpoint;

import chuan.engine.ChatMessage;
import chuan.eval.ExaminationException;
import chuan.eval.LetterTokens;
import chuan.eval.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/// One way to ask, for texts or for conversations, found out with a few short requests.
///
/// @param refusal why there is no such way; "" if there is
record Route(boolean chat, Dialect dialect, LetterSource letters, String refusal) {
    private static final List<String> LETTERS = List.of("A", "B", "C", "D");
    private static final Prompt TEXT = new Prompt.Text("Letters: A, B, C, D, A, B, C,");
    private static final Prompt CHAT =
            new Prompt.Chat(List.of(ChatMessage.user("Choose one letter: A, B, C or D.")));

    /// Models that think before they answer need room for it.
    private static final int ROOM = 16;

    private static final int MOST_REQUESTS = 8;

    boolean there() {
        return refusal.isEmpty();
    }

    String path() {
        return Dialect.path(chat);
    }

    /// @throws ExaminationException if the endpoint does not know the key or the model
    static Route explore(Transport transport, Tokenizing tokenizing, String model, boolean chat)
            throws GaveUpException, InterruptedException {
        var ids = ids(tokenizing, LETTERS, LetterTokens.PLAIN);
        var letters =
                ids.stream().allMatch(OptionalInt::isPresent)
                        ? LetterSource.BY_ID
                        : LetterSource.TOP_20;
        var route = new Route(chat, Dialect.of(model), letters, "");
        for (int i = 0; ; i++) {
            var answer = route.tryOut(transport, ids);
            if (answer.ok()) {
                if (route.reports(answer, ids)) return route;
                route = route.withLetters(route.letters.worse());
                continue;
            }
            int status = answer.status();
            String codes = answer.codes();
            if (status == 401 || status == 403 || codes.contains("model_not_found"))
                throw transport.refused(answer);
            if (codes.contains("insufficient_quota")) throw transport.refused(answer);
            var next = route.afterRefusal(answer);
            if (status == 404 || status == 405 || next.equals(route) || i > MOST_REQUESTS)
                return new Route(
                        chat, route.dialect, route.letters, transport.hidden(answer.message()));
            route = next;
        }
    }

    private Transport.Answer tryOut(Transport transport, List<OptionalInt> ids)
            throws GaveUpException, InterruptedException {
        int room = letters == LetterSource.WRITTEN ? ROOM : 1;
        var request = dialect.request(chat ? CHAT : TEXT, room, 0, 0, List.of());
        letters.ask(request, ids.stream().mapToInt(id -> id.orElse(0)).toArray());
        return transport.post(path(), request);
    }

    /// Whether the answer has what the source of letters promises.
    private boolean reports(Transport.Answer answer, List<OptionalInt> ids) {
        var choice = answer.body().path("choices").path(0);
        var candidates = FirstToken.candidates(choice);
        return switch (letters) {
            case BY_ID -> {
                // just those asked for and the chosen one: the usual ones were not taken instead
                boolean few = candidates.size() <= LETTERS.size() + 2;
                double least = Double.NEGATIVE_INFINITY;
                double[] scores =
                        LetterSource.scores(choice, LETTERS, LetterTokens.PLAIN, ids).scores();
                boolean all = true;
                for (double score : scores) all &= score > least;
                yield few && all;
            }
            case TOP_20, TOP_5 -> candidates.size() > 1;
            case WRITTEN -> true;
        };
    }

    private Route afterRefusal(Transport.Answer refusal) {
        var changed = dialect.after(refusal);
        return changed.equals(dialect)
                ? withLetters(letters.worse())
                : new Route(chat, changed, letters, "");
    }

    private Route withLetters(LetterSource source) {
        return new Route(chat, dialect, source, "");
    }

    static List<OptionalInt> ids(Tokenizing tokenizing, List<String> letters, LetterTokens form)
            throws GaveUpException, InterruptedException {
        var ids = new ArrayList<OptionalInt>();
        for (String letter : letters) ids.add(tokenizing.id(letter, form));
        return ids;
    }
}
