/// Every command, in the order `help` lists them.
public let commandTable: [Command] = [
    runTour, help, showVersion, status, listModels, info, classify, detect, bench, infer, pose, selfTest,
]
