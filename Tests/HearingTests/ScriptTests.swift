import Foundation
@testable import Hearing
import Testing

struct ScriptTests {
    private func converted(_ text: String, _ script: ChineseScript) -> String {
        String(decoding: script.convert(Array(text.utf8)), as: UTF8.self)
    }

    @Test func simplifiedIsWhatOpenCCMakes() throws {
        for line in String(decoding: try golden("script.tsv"), as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: "\t").map(String.init)
            #expect(converted(parts[0], .simplified) == parts[1])
            #expect(converted(parts[1], .simplified) == parts[1])
            #expect(converted(parts[0], .unchanged) == parts[0])
        }
    }

    @Test func traditionalTakesTheUsualForm() {
        #expect(converted("设定二十九度，这类设备", .traditional) == "設定二十九度，這類設備")
        #expect(converted("說話", .traditional) == "說話")
    }

    @Test func everyCharacterOfTheTableIsConvertedAndStaysSo() {
        var count = 0
        for code in UInt32(0x3400)...0x9FFF {
            guard let simplified = ScriptCharacters.simplified(code) else { continue }
            count += 1
            #expect(simplified != code && simplified >= 0x3400)
        }
        #expect(count == 2826)
    }

    @Test func brokenTextStaysAsItIs() {
        let bytes: [UInt8] = [0xE8, 0xA8, 0x41, 0xFF, 0xE9, 0x80, 0xF0, 0x9F, 0x98, 0x80, 0xE8]
        #expect(ChineseScript.simplified.convert(bytes) == bytes)
        #expect(ChineseScript.traditional.convert(bytes) == bytes)
    }
}
