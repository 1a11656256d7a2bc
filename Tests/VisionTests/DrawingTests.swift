import Testing
@testable import Vision

@Suite struct DrawingTests {
    @Test func framesAndLabelsStayInside() throws {
        let image = try Image(width: 60, height: 40)
        image.fill(red: 9, green: 9, blue: 9)
        let wild = [Rectangle(left: -50, top: -50, right: 500, bottom: 500), Rectangle(left: 59, top: 39, right: 60, bottom: 40),
                    Rectangle(left: 1e30, top: .nan, right: -1e30, bottom: 4)]
        for box in wild { image.draw([Detection(box: box, index: 3, score: 1)]) { _ in "a very long name that can't fit, with ünïcode" } }
        image.fill(red: 9, green: 9, blue: 9)
        image.frame(Rectangle(left: 10, top: 10, right: 20, bottom: 20), thickness: 2, colour: Colour(1, 2, 3))
        func isDrawn(_ x: Int, _ y: Int) -> Bool { image.pixels[(y * 60 + x) * 3] == 1 }
        #expect(isDrawn(10, 10) && isDrawn(19, 19) && isDrawn(11, 15) && !isDrawn(12, 15) && !isDrawn(20, 15) && !isDrawn(9, 10))
    }

    @Test func everyLetterHasItsOwnShape() throws {
        var shapes: Set<[UInt8]> = []
        for code in UInt8(32)..<127 {
            let image = try Image(width: 12, height: 22)
            image.fill(red: 0, green: 0, blue: 0)
            image.write(String(UnicodeScalar(code)), x: 0, y: 0, letters: Lettering(height: 22), colour: Colour(255, 255, 255))
            shapes.insert(Array(UnsafeBufferPointer(start: image.pixels, count: image.byteCount)))
        }
        #expect(shapes.count == 95)
    }

    /// Smaller letters have as much ink for their area as the cell has, larger ones too: nothing is dropped on the way.
    @Test func lettersKeepTheirInkAtEverySize() {
        func ink(_ character: UInt8, height: Int) -> Float {
            let letters = Lettering(height: height)
            var sum: Float = 0
            for y in 0..<height { for x in 0..<letters.width { sum += letters.ink(character, x: x, y: y) } }
            return sum / Float(letters.width * height)
        }
        for letter in "MWgk8%".utf8 {
            let cell = ink(letter, height: Font.rows)
            for height in [11, 14, 18, 33, 64] {
                #expect(abs(ink(letter, height: height) - cell) < 0.15 * cell, "\(letter) of \(height) pixels")
            }
        }
    }

    /// As many names as there is room for, on boxes that lie over one another: none covers another.
    @Test func namesDoNotCoverEachOther() {
        var layout = LabelLayout(width: 640, height: 480, textHeight: 18), placed: [LabelLayout.Label] = []
        for number in 0..<16 {
            let offset = Float(number % 4)
            let box = Rectangle(left: 200 + offset, top: 150 + offset, right: 420 + offset, bottom: 330 - offset)
            guard let label = layout.place("person 8\(number) %", at: box) else {
                Issue.record("no place for name \(number)")
                continue
            }
            #expect(label.left >= 0 && label.top >= 0 && label.right <= 640 && label.bottom <= 480)
            for other in placed {
                #expect(label.right <= other.left || other.right <= label.left || label.bottom <= other.top || other.bottom <= label.top)
            }
            placed.append(label)
        }
        // Where the picture is narrower than the text, the text is cut; where it has no room at all, there is none.
        var narrow = LabelLayout(width: 60, height: 40, textHeight: 18)
        #expect(narrow.place("tennis racket", at: Rectangle(left: 0, top: 0, right: 60, bottom: 40))?.text == "tenni")
        var least = LabelLayout(width: 8, height: 8, textHeight: 12)
        #expect(least.place("cat", at: Rectangle(left: 0, top: 0, right: 8, bottom: 8)) == nil)
    }
}
