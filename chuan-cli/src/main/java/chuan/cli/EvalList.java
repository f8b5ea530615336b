package chuan.cli;

import chuan.eval.measure.Measuring;
import chuan.eval.task.TaskCard;
import chuan.eval.task.Tasks;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;

/// `chuan eval --list`.
record EvalList(PrintStream out) {

    void print(boolean json) throws IOException {
        var cards = new ArrayList<TaskCard>();
        for (String name : Tasks.names()) cards.add(Tasks.card(name));
        if (json) {
            out.println(Json.line(cards.stream().map(EvalList::fields).toList()));
            return;
        }
        for (var card : cards) print(card);
        Measuring.names().forEach((name, about) -> out.printf("%s: %s%n", name, about));
    }

    private static Map<String, Object> fields(TaskCard card) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("task", card.name());
        fields.put("title", card.title());
        fields.put("version", card.version());
        fields.put("subjects", card.subjects());
        fields.put("splits", card.splits());
        fields.put("protocol", card.protocol());
        fields.put("protocols", card.protocols());
        return fields;
    }

    private void print(TaskCard card) {
        out.printf(
                "%s: %s, version %d, %d subjects, splits %s%n",
                card.name(),
                card.title(),
                card.version(),
                card.subjects(),
                String.join(", ", card.splits()));
        int width = card.protocols().keySet().stream().mapToInt(String::length).max().orElse(0);
        card.protocols()
                .forEach((name, about) ->
                        out.printf(
                                "  %s %-" + width + "s  %s%n",
                                name.equals(card.protocol()) ? "*" : " ",
                                name,
                                about));
    }
}
