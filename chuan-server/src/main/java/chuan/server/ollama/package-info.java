/// The part of Ollama's API that its clients use with a model that is there: chat, generate, embed,
/// and what they ask before. Requests are translated to [chuan.server.openai]'s terms, so that both
/// mean the same.
@NullMarked
package chuan.server.ollama;

import org.jspecify.annotations.NullMarked;
