import Foundation
import Platform
import Rig
import Testing
import TestSupport

private let model = modelPath("efficientnet-lite0")
private let isThere = FileManager.default.fileExists(atPath: model)

extension HardwareTests {
    /// A camera through the kernel's real V4L2 interface: its test driver `vivid`, which has real buffers and real formats.
    @Suite(.enabled(if: isThere, "models/efficientnet-lite0.nest is not there; `make models` makes it")) struct CameraTests {
        private final class Board {
            let machine: Machine
            let shell: GuestShell

            init() throws {
                let configuration = """
                    [firmware]
                    name = rig
                    lock-memory = no
                    governor = deadlines
                    [camera front]
                    device = video0
                    frames = 320x180:yuyv
                    rate = 25
                    [task watch]
                    input = front
                    models = /net.nest
                    rate = 0.2
                    deadline = 60 s

                    """
                let image = try RigImage(folder: RigFiles.image)
                let nest = Array(try Data(contentsOf: URL(fileURLWithPath: model)))
                machine = try Machine(MachineOptions(image: image, system: RootSystem(
                    firmware: RigFiles.firmware, hasShell: true,
                    files: [("net.nest", nest), ("etc/camera.conf", Array(configuration.utf8))])))
                shell = try GuestShell(machine)
                // What stands behind the sound card's modules in the list is the camera's.
                let modules = image.spareModules.drop { !$0.contains("pcm-oss") && !$0.contains("pcm_oss") }.dropFirst()
                for module in modules {
                    // One camera without tuners and codecs.
                    let options = module.contains("vivid") ? " n_devs=1 node_types=0x1 num_inputs=1 input_types=0" : ""
                    let loaded = try shell.run("insmod /lib/modules/\(module)\(options)", seconds: 120)
                    #expect(loaded.status == 0, "\(module): \(loaded.text)")
                }
            }
        }

        private let board: Board

        init() throws { board = try OneBoard.named("camera") { try Board() } }

        @Test func framesAreAnsweredAndTheCameraGoesAndComesBack() throws {
            let cpufreq = "/sys/devices/system/cpu/cpufreq/policy0"
            // The lowest frequency's line of the kernel's account, in hundredths of a second.
            func slowHundredths() throws -> Int {
                let text = try board.shell.run("grep '^600000 ' \(cpufreq)/stats/time_in_state").text
                return text.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) } ?? -1
            }
            #expect(try board.shell.run("echo performance > \(cpufreq)/scaling_governor").status == 0)
            let slowBefore = try slowHundredths()
            let run = try FirmwareRun(board.shell, board.machine, configuration: "/etc/camera.conf")
            let opened = try run.console.waitForLog("camera front running: ", seconds: 240)
            #expect("\(opened)".contains("vivid") && "\(opened)".contains("320x180 yuyv"), "\(opened)")
            var rows: [[String: Any]] = []
            // Asking costs the emulated processor time that the network needs: once a second, and as long as a hang would take.
            for _ in 0..<300 {
                rows = try run.console.run("tasks", seconds: 240)
                if rows.contains(where: { ($0["answers"] as? NSNumber)?.intValue ?? 0 > 0 }) { break }
                sleep(1)
            }
            let watch = rows.first { $0["task"] != nil }, camera = rows.first { $0["camera"] != nil }
            RigFiles.report("camera: \(camera ?? [:]); task: \(watch ?? [:])")
            #expect((watch?["answers"] as? NSNumber)?.intValue ?? 0 > 0 && (camera?["frames"] as? NSNumber)?.intValue ?? 0 > 0, "\(rows)")
            #expect((camera?["damaged"] as? NSNumber)?.intValue == 0, "\(rows)")
            // A minute for a picture: the governor chooses the lowest, which the kernel's account shows; at the end it is put back.
            #expect(try board.shell.run("cat \(cpufreq)/scaling_governor").text.contains("userspace"))
            let slowAfter = try slowHundredths()
            #expect(slowBefore >= 0 && slowAfter > slowBefore && rows.contains { $0["kilohertz"] != nil }, "\(rows)")
            RigFiles.report("camera: \(Double(slowAfter - slowBefore) / 100) s at 600 MHz while tasks' deadlines chose")
            let driver = "/sys/bus/platform/drivers/vivid"
            #expect(try board.shell.run("echo vivid.0 > \(driver)/unbind", seconds: 60).status == 0)
            _ = try run.console.waitForLog("camera front not found", seconds: 120)
            #expect(try board.shell.run("echo vivid.0 > \(driver)/bind", seconds: 60).status == 0)
            _ = try run.console.waitForLog("camera front running: ", seconds: 120)
            let ending = try run.end(), complaint = try board.shell.run("cat /tmp/firmware.errors").text
            #expect(try board.shell.run("cat \(cpufreq)/scaling_governor").text.contains("performance"))
            #expect(ending == 1 && !complaint.contains("swiftlet"), "ended with \(ending): \(complaint)")
        }
    }
}
