/// Every command, in the order `help` lists them.
public let commandTable: [Command] = [
    run, help, showVersion, status, sensors, imu, pose, calibrate, microphone, listen, power, gpio, governor, budget, showLog, reboot, quit,
    fault, press, listTasks, startTask, stopTask, listRecords, showReport, listModels, load, unload, info, classify, detect, generate,
    transcribe, hear, choose, bench, energy, infer, selfTest,
]
