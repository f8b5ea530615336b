/// Models behind an address: whatever speaks the API of OpenAI is an [chuan.eval.Examinee].
///
/// [EndpointExaminee] asks; [Abilities] is what it found out first; [Transport] brings a request
/// over, in several attempts if need be.
@NullMarked
package chuan.eval.endpoint;

import org.jspecify.annotations.NullMarked;
