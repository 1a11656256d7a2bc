import Board
import Configuration
import Sensors
import VirtualBoard

extension DeviceConfiguration {
    /// What uses everything that is on a simulated board.
    init(_ layout: BoardLayout) {
        self.init()
        name = "simulated"
        watchdogSeconds = 10
        stateFolder = "/tmp/swiftlet"
        for sensor in layout.sensors {
            var own = Sensor()
            own.settings.name = sensor.name
            own.settings.chip = InertialChip(named: sensor.chip)
            own.settings.address = sensor.address
            own.settings.rateHertz = sensor.rateHertz
            own.settings.magnetometer = sensor.hasMagnetometer ? .automatic : .none
            own.bus = sensor.bus
            own.dataReadyLine = sensor.line
            sensors.append(own)
        }
        for meter in layout.meters {
            var own = Meter()
            own.settings.name = meter.name
            own.settings.chip = PowerMeterChip(named: meter.chip)
            own.settings.address = meter.address
            own.settings.shuntOhms = meter.shuntOhms
            own.bus = meter.bus
            meters.append(own)
        }
        for line in layout.inputs {
            var input = Input()
            input.name = line.name
            input.request = line.request
            inputs.append(input)
        }
        for line in layout.outputs {
            var output = Output()
            output.name = line.name
            output.request = line.request
            outputs.append(output)
        }
        if layout.hasMicrophone { microphone = Microphone() }
    }
}
