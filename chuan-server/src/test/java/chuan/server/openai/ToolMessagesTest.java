package chuan.server.openai;

import static org.assertj.core.api.Assertions.assertThat;

import chuan.server.TestServer;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Requests about tools as clients in the field send them, and what is wrong with some. `'` stands
/// for `"`.
class ToolMessagesTest {
    private static final String CALL =
            "{'id':'c1','type':'function','function':{'name':'f','arguments':'{}'}}";
    private static final String ASKED = "{'role':'user','content':'几点？'}";
    private static final String RESULT = "{'role':'tool','tool_call_id':'c1','content':'十点'}";

    @RegisterExtension private static final TestServer server = new TestServer();

    private static String conversation(String... messages) {
        return "{'messages':[" + String.join(",", messages) + "]";
    }

    private static TestServer.Answer answer(String body) throws Exception {
        return server.post("v1/chat/completions", body + ",'max_tokens':4}");
    }

    /// LangChain sends "", LlamaIndex null, Open WebUI both; others leave things out.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {'role':'assistant','content':null,'tool_calls':[CALL]} | RESULT
                    {'role':'assistant','content':'','tool_calls':[CALL]} | RESULT
                    {'role':'assistant','tool_calls':[CALL]} | RESULT
                    {'role':'assistant','content':[],'tool_calls':[CALL]} | RESULT
                    {'role':'assistant','content':[{'type':'text','text':'我看看。'}],'tool_calls':[CALL]} | RESULT
                    {'role':'assistant','content':null,'refusal':null,'audio':null,'function_call':null,'annotations':[],'tool_calls':[CALL]} | RESULT
                    {'role':'assistant','content':null,'tool_calls':[CALL],'name':'bot'} | {'role':'tool','tool_call_id':'c1','name':'f','content':'十点'}
                    {'role':'assistant','content':null,'tool_calls':[CALL]} | {'role':'tool','tool_call_id':'other','content':'十点'}
                    {'role':'assistant','content':null,'tool_calls':[CALL]} | {'role':'tool','tool_call_id':null,'content':'十点'}
                    {'role':'assistant','content':null,'tool_calls':[CALL]} | {'role':'tool','content':''}
                    {'role':'assistant','content':null,'tool_calls':[CALL]} | {'role':'tool','tool_call_id':'c1','content':[{'type':'text','text':'十'},{'type':'text','text':'点'}]}
                    {'role':'assistant','content':null,'tool_calls':[{'function':{'name':'f','arguments':'{}'}}]} | RESULT
                    {'role':'assistant','content':null,'tool_calls':[{'id':'c1','index':0,'type':'function','function':{'name':'f','arguments':{'a':1}}}]} | RESULT
                    {'role':'assistant','content':null,'tool_calls':[{'id':'c1','function':{'name':'f'}}]} | RESULT
                    {'role':'assistant','content':null,'tool_calls':[{'id':'c1','function':{'name':'f','arguments':''}}]} | RESULT
                    {'role':'assistant','content':null,'tool_calls':[{'id':'c1','function':{'name':'f','arguments':'no JSON'}}]} | RESULT
                    {'role':'assistant','content':'好。','tool_calls':[]} | {'role':'user','content':'谢谢'}
                    {'role':'assistant','content':'好。','tool_calls':null} | {'role':'user','content':'谢谢'}
                    {'role':'assistant','content':null,'function_call':{'name':'f','arguments':'{}'}} | {'role':'function','name':'f','content':'十点'}
                    """)
    void conversationsThatClientsSend(String assistant, String after) throws Exception {
        String body =
                conversation(
                        ASKED, assistant.replace("CALL", CALL), after.replace("RESULT", RESULT));
        var answer = answer(body);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        var prompt = server.post("apply-template", body + "}").json().get("prompt").asString();
        if (assistant.contains("'name':'f'") || assistant.contains("CALL"))
            assertThat(prompt).contains("<tool_call>\n{\"name\": \"f\", \"arguments\": ");
        else assertThat(prompt).doesNotContain("tool_call");
        if (after.contains("十点")) assertThat(prompt).contains("的结果：\n十点");
        if (assistant.contains("CALL") && after.equals("RESULT"))
            assertThat(prompt).contains("工具 f 的结果：");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'tools':[{'type':'function','function':{'name':'f'}}]
                    'tools':[{'function':{'name':'f','description':null,'parameters':null,'strict':null}}]
                    'tools':[{'type':'function','function':{'name':'f','parameters':{}}}]
                    'tools':[{'type':'function','function':{'name':'f','parameters':{'type':'object','properties':{}}}}]
                    'tools':[{'type':'function','function':{'name':'f','strict':true,'parameters':{'type':'object','properties':{'a':{'type':['string','null']}},'required':['a'],'additionalProperties':false}}}]
                    'tools':[{'type':'function','function':{'name':'f','strict':false,'parameters':{'$schema':'http://json-schema.org/draft-07/schema#','type':'object','properties':{'a':{'type':'integer','title':'A','default':3}}}}}]
                    'tools':[{'type':'function','function':{'name':'f','parameters':{'type':'object','not':{'required':['a']}}}}]
                    'tools':[{'type':'function','function':{'name':'f','parameters':{'type':'object','properties':{'a':{'type':'str'}}}}}]
                    'tools':[],'tool_choice':'auto'
                    'tools':[],'tool_choice':'none','parallel_tool_calls':true
                    'tools':null,'tool_choice':null,'parallel_tool_calls':null
                    'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':'none'
                    'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':{'type':'function','function':{'name':'f'}}
                    'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':{'function':{'name':'f'}}
                    'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':'required','parallel_tool_calls':false,'store':true,'metadata':{}
                    """)
    void toolsThatClientsSend(String fields) throws Exception {
        var answer = answer(conversation(ASKED) + "," + fields);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    'tools':{'name':'f'} | tools
                    'tools':['f'] | tools[0]
                    'tools':[{}] | tools[0].function
                    'tools':[{'type':'function','function':{}}] | tools[0].function.name
                    'tools':[{'type':'function','function':{'name':''}}] | tools[0].function.name
                    'tools':[{'type':'function','function':{'name':7}}] | tools[0].function.name
                    'tools':[{'type':'function','function':{'name':'f','description':7}}] | tools[0].function.description
                    'tools':[{'type':'function','function':{'name':'f','parameters':'{}'}}] | tools[0].function.parameters
                    'tools':[{'type':'function','function':{'name':'f','parameters':{'type':'object','properties':[]}}}] | tools[0].function.parameters
                    'tools':[{'type':'function','function':{'name':'f','strict':'yes'}}] | tools[0].function.strict
                    'tools':[{'type':'custom','custom':{'name':'f'}}] | tools[0].type
                    'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':'any' | tool_choice
                    'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':7 | tool_choice
                    'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':{} | tool_choice.function
                    'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':{'type':'function','function':{}} | tool_choice.function.name
                    'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':{'type':'custom','custom':{'name':'f'}} | tool_choice.type
                    'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'auto','tools':[]}} | tool_choice.allowed_tools.tools
                    'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'auto','tools':[{'function':{'name':'g'}}]}} | tool_choice.allowed_tools.tools[0].function.name
                    'tools':[{'type':'function','function':{'name':'f'}}],'tool_choice':{'type':'allowed_tools','allowed_tools':{'mode':'x','tools':[{'function':{'name':'f'}}]}} | tool_choice.allowed_tools.mode
                    'tools':[],'tool_choice':'required' | tool_choice
                    'parallel_tool_calls':'no' | parallel_tool_calls
                    'functions':[{'name':'f'}] | functions
                    'function_call':'auto' | function_call
                    """)
    void toolsThatCannotBe(String fields, String param) throws Exception {
        isRefused(answer(conversation(ASKED) + "," + fields), param);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    {'role':'assistant','tool_calls':{}} | messages[1].tool_calls
                    {'role':'assistant','tool_calls':[{}]} | messages[1].tool_calls[0].function
                    {'role':'assistant','tool_calls':[{'function':{'arguments':'{}'}}]} | messages[1].tool_calls[0].function.name
                    {'role':'assistant','tool_calls':[{'function':{'name':'f','arguments':[1]}}]} | messages[1].tool_calls[0].function.arguments
                    {'role':'assistant','tool_calls':[{'id':7,'function':{'name':'f'}}]} | messages[1].tool_calls[0].id
                    {'role':'assistant','tool_calls':[{'id':'c','type':'custom','custom':{'name':'f','input':''}}]} | messages[1].tool_calls[0].function
                    {'role':'tool','tool_call_id':'c1'} | messages[1].content
                    {'role':'tool','tool_call_id':'c1','content':{'a':1}} | messages[1].content
                    {'role':'tool','tool_call_id':'c1','content':[{'type':'image_url','image_url':{'url':'x'}}]} | messages[1].content[0].type
                    {'role':'tool','tool_call_id':7,'content':''} | messages[1].tool_call_id
                    """)
    void messagesThatCannotBe(String message, String param) throws Exception {
        isRefused(answer(conversation(ASKED, message)), param);
    }

    private static void isRefused(TestServer.Answer answer, String param) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(400);
        var error = answer.json().get("error");
        assertThat(error.get("param").asString()).isEqualTo(param);
        assertThat(error.get("type").asString()).isEqualTo("invalid_request_error");
        assertThat(error.get("message").asString()).startsWith(param).doesNotContain("\n");
        assertThat(error.has("code")).isTrue();
    }
}
