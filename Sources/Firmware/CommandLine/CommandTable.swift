/// Every command, in the order `help` lists them.
public let commandTable: [Command] = [
    run, help, showVersion, status, imu, showLog, quit,
    listModels, info, classify, detect, bench, infer, pose, selfTest,
]
