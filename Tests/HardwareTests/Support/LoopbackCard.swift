import Rig
import Testing

/// The sound card whose playback comes back as its capture.
enum LoopbackCard {
    /// What the kernel needs for it, loaded; with it comes `/dev/dsp`, which takes 8000 unsigned bytes a second from a shell.
    static func load(_ shell: GuestShell, _ image: RigImage) throws {
        for module in image.spareModules where module.hasPrefix("snd") || module.hasPrefix("sound") {
            let loaded = try shell.run("insmod /lib/modules/\(module)\(module.contains("aloop") ? " pcm_substreams=1" : "")")
            #expect(loaded.status == 0, "\(module): \(loaded.text)")
        }
    }
}
