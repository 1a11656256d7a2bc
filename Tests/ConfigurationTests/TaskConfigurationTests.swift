import Board
@testable import Configuration
import Platform
import Testing

@Suite struct TaskConfigurationTests {
    private static let camera = "[camera front]\ndevice = simulated\nframes = 64x48:yuyv\nrate = 30\n"
    private static let output = "[output lamp]\nline = LED\n"

    private func task(_ lines: String) -> String {
        complaint(Self.camera + Self.output + "[task watch]\ninput = front\nmodels = a\nrate = 10\n" + lines)
    }

    @Test func everyKeyIsTaken() throws {
        let configuration = try parse(Self.output + """
            [input door]
            line = DOOR
            [camera front]
            device = /data/pictures
            frames = 1920x1080:mjpeg
            rate = 29.97
            repeat = no
            [task other]
            input = front
            models = b
            rate = 1
            when = started
            [task watch]
            input = front
            models = one, two,  three
            deadline = 33 ms
            rate = 15
            priority = 2
            when = door
            on person > 0.6 for 0.5 s = output lamp on for 10 s, log, start other
            on traffic light > 0.25 = stop other
            on dog > 0.5 for 2min = output lamp off
            [task third]
            input = front
            models = c
            when = task watch
            """)
        let camera = configuration.cameras[0], watch = configuration.tasks[1]
        #expect(camera.request.device == "/data/pictures" && camera.request.width == 1920 && camera.request.encoding == .mjpeg)
        #expect(camera.request.rateHertz == 29.97 && !camera.repeats && camera.name == "front")
        #expect(watch.models == ["one", "two", "three"] && watch.deadline == 33_000_000 && watch.rateHertz == 15 && watch.priority == 2)
        #expect(watch.condition == .input("door") && configuration.tasks[0].condition == .started)
        #expect(configuration.tasks[2].condition == .task("watch") && configuration.tasks[2].deadline == 100_000_000)
        #expect(watch.place == "f:15" && watch.rules[0].place == "f:22")
        #expect(watch.rules[0].label == "person" && watch.rules[0].threshold == 0.6 && watch.rules[0].holdNanoseconds == 500_000_000)
        #expect(watch.rules[0].actions == [.output("lamp", isOn: true, nanoseconds: 10_000_000_000), .log, .start("other")])
        #expect(watch.rules[1].label == "traffic light" && watch.rules[1].holdNanoseconds == 0)
        #expect(watch.rules[1].actions == [.stop("other")])
        #expect(watch.rules[2].holdNanoseconds == 120_000_000_000
                && watch.rules[2].actions == [.output("lamp", isOn: false, nanoseconds: nil)])
    }

    @Test func whatIsWrongIsSaidWithItsLine() {
        #expect(task("on person = log\n").hasPrefix("f:11: on person: on LABEL > SCORE"))
        #expect(task("on person > 1.5 = log\n").hasPrefix("f:11: "))
        #expect(task("on person > nan = log\n").hasPrefix("f:11: "))
        #expect(task("on > 0.5 = log\n").hasPrefix("f:11: "))
        #expect(task("on person > 0.5 for ever = log\n").hasPrefix("f:11: "))
        #expect(task("on person > 0.5 for 1 s extra = log\n").hasPrefix("f:11: "))
        for action in ["", "dance", "log,", "output lamp", "output lamp on for", "output lamp off for 3 s", "start",
                       "output lamp on for 0 s"] {
            #expect(task("on person > 0.5 = \(action)\n").hasPrefix("f:11: "), "\(action)")
        }
        #expect(task("deadline = soon\n") == "f:11: deadline = soon: a time from 1 ms to 1 min, such as 33 ms or 0.5 s is expected")
        #expect(task("deadline = 0.1 ms\n").hasPrefix("f:11: "))
        #expect(task("priority = 10\n").hasPrefix("f:11: "))
        #expect(task("colour = red\n").contains("on LABEL > SCORE for TIME"))
        for line in ["frames = 64x48", "frames = 63x48:yuyv", "frames = 64x48:h264", "frames = 0x0:grey", "rate = 0", "device ="] {
            #expect(complaint("[camera front]\n\(line)\n").hasPrefix("f:2: "), "\(line)")
        }
    }

    @Test func whatIsMissingOrContradictsIsSaidWithItsLine() {
        #expect(task("on person > 0.5 = output bell on\n") == "f:11: output bell: the name of an [output] is expected; there is lamp")
        #expect(task("on person > 0.5 = start nobody\n") == "f:11: start nobody: the name of a [task] is expected; there is watch")
        #expect(task("when = door\n").hasPrefix("f:7: [task watch]: when = door: "))
        #expect(task("when = task watch\n").contains("can't wait for itself"))
        #expect(task("on person > 0.5 = output lamp on, output lamp off\n").contains("contradicts output lamp on in the same rule"))
        #expect(task("on person > 0.5 = output lamp on\non person > 0.5 for 0 s = output lamp off\n").contains("same condition"))
        #expect(task("on person > 0.5 = output lamp on\non person > 0.7 = output lamp off\n") == "")
        #expect(complaint("[task watch]\nmodels = a\n").hasPrefix("f:1: [task watch] has no input"))
        #expect(complaint("[task watch]\ninput = front\nmodels = a\n").hasPrefix("f:1: [task watch]: input = front: the name of"))
        #expect(complaint(Self.camera + "[task watch]\ninput = front\n").hasPrefix("f:5: [task watch] has no models"))
        #expect(complaint(Self.camera + "[task watch]\ninput = front\nmodels = a\nrate = 31\n").contains("more than the camera's"))
        #expect(complaint("[camera front]\ndevice = video0\nrepeat = no\n").hasPrefix("f:1: "))
    }

    @Test func theMicrophoneIsAnInput() throws {
        let task = "[task ears]\ninput = microphone\nmodels = a\n"
        #expect(complaint(task) == "f:1: [task ears]: input = microphone: there is no section [microphone]")
        let configuration = try parse("[microphone]\n" + task)
        #expect(configuration.hears(configuration.tasks[0]))
        // A camera of that name is what is meant.
        let camera = try parse("[camera microphone]\ndevice = simulated\n" + task)
        #expect(!camera.hears(camera.tasks[0]))
    }
}
