/// Written by tools/tables/kinds.py from WordNet 3.0 (Princeton University, the WordNet licence: use and copies are free
/// with this notice): of classes that detectors know, the names of ImageNet's classes that are kinds of them. A line a
/// class, the class's name first.
let kindTable = """
    person: baseball player,ballplayer,bridegroom,groom,scuba diver
    bicycle: tandem bicycle,bicycle-built-for-two,tandem,mountain bike,all-terrain bike,off-roader
    car: ambulance,station wagon,beach wagon,wagon,estate car,beach waggon,station waggon,waggon,taxicab,cab,hack,taxi,convertible,jeep, \
    landrover,limousine,limo,minivan,ford model t,model t,race car,racer,racing car,sports car,sport car
    motorcycle: moped
    airplane: airliner
    bus: minibus,school bus,trolleybus,trolley coach,trackless trolley
    train: high-speed train,bullet train,bullet,electric locomotive,freight car,railroad car,passenger car,coach,carriage, \
    steam locomotive
    truck: fire truck,fire engine,garbage truck,dustcart,minivan,moving van,pickup truck,pickup,police van,police wagon,paddy wagon, \
    patrol wagon,wagon,black maria,tow truck,tow car,wrecker,semi-trailer truck,trailer truck,tractor trailer,trucking rig,rig, \
    articulated lorry,semi
    boat: aircraft carrier,carrier,flattop,attack aircraft carrier,kayak,canoe,catamaran,container ship,containership,container vessel, \
    fireboat,gondola,lifeboat,ocean liner,liner,pirate ship,pirate,schooner,motorboat,speedboat,submarine,pigboat,sub,u-boat,trimaran, \
    shipwreck,wreck,yawl (boat),yawl
    traffic light: traffic signal,stoplight
    stop sign: traffic or street sign,street sign
    bench: park bench
    bird: rooster,cock,hen,ostrich,struthio camelus,brambling,fringilla montifringilla,goldfinch,carduelis carduelis,house finch,linnet, \
    carpodacus mexicanus,junco,snowbird,indigo bunting,indigo finch,indigo bird,passerina cyanea,american robin,robin, \
    turdus migratorius,bulbul,jay,magpie,chickadee,american dipper,water ouzel,dipper,kite (bird of prey),kite,bald eagle, \
    american eagle,haliaeetus leucocephalus,vulture,great grey owl,great gray owl,strix nebulosa,black grouse,ptarmigan,ruffed grouse, \
    partridge,bonasa umbellus,prairie grouse,prairie chicken,prairie fowl,peafowl,peacock,quail,african grey parrot,african grey, \
    african gray,psittacus erithacus,macaw,sulphur-crested cockatoo,kakatoe galerita,cacatua galerita,lorikeet,coucal,bee eater, \
    hornbill,hummingbird,jacamar,toucan,drake (male duck),drake,red-breasted merganser,mergus serrator,goose,black swan,cygnus atratus, \
    white stork,ciconia ciconia,black stork,ciconia nigra,spoonbill,flamingo,little blue heron,egretta caerulea,great egret, \
    american egret,great white heron,egretta albus,bittern bird,bittern,crane bird,crane,limpkin,aramus pictus,common gallinule, \
    european gallinule,porphyrio porphyrio,american coot,marsh hen,mud hen,water hen,fulica americana,bustard,ruddy turnstone, \
    arenaria interpres,dunlin,red-backed sandpiper,erolia alpina,common redshank,redshank,tringa totanus,dowitcher,oystercatcher, \
    oyster catcher,pelican,king penguin,aptenodytes patagonica,albatross,mollymawk
    cat: tabby cat,tabby,a cat having a striped coat,tiger cat,persian cat,siamese cat,siamese,egyptian mau,egyptian cat,cougar,puma, \
    catamount,mountain lion,painter,panther,felis concolor,lynx
    dog: chihuahua,japanese chin,japanese spaniel,maltese dog,maltese terrier,maltese,pekingese,pekinese,peke,shih tzu,shih-tzu, \
    king charles spaniel,blenheim spaniel,papillon,toy terrier,rhodesian ridgeback,afghan hound,afghan,basset hound,basset,beagle, \
    bloodhound,sleuthhound,bluetick coonhound,bluetick,black and tan coonhound,black-and-tan coonhound,treeing walker coonhound, \
    walker hound,walker foxhound,english foxhound,redbone coonhound,redbone,borzoi,russian wolfhound,irish wolfhound,italian greyhound, \
    whippet,ibizan hound,ibizan podenco,norwegian elkhound,elkhound,otterhound,otter hound,saluki,gazelle hound,scottish deerhound, \
    deerhound,weimaraner,staffordshire bull terrier,staffordshire bullterrier,american staffordshire terrier,staffordshire terrier, \
    american pit bull terrier,pit bull terrier,bedlington terrier,border terrier,kerry blue terrier,irish terrier,norfolk terrier, \
    norwich terrier,yorkshire terrier,wire fox terrier,wire-haired fox terrier,lakeland terrier,sealyham terrier,sealyham, \
    airedale terrier,airedale,cairn terrier,cairn,australian terrier,dandie dinmont terrier,dandie dinmont,boston terrier,boston bull, \
    miniature schnauzer,giant schnauzer,standard schnauzer,scottish terrier,scotch terrier,scottie,tibetan terrier,chrysanthemum dog, \
    australian silky terrier,silky terrier,sydney silky,soft-coated wheaten terrier,west highland white terrier,lhasa apso,lhasa, \
    flat-coated retriever,curly-coated retriever,golden retriever,labrador retriever,chesapeake bay retriever, \
    german shorthaired pointer,german short-haired pointer,vizsla,hungarian pointer,english setter,irish setter,red setter, \
    gordon setter,brittany dog,brittany spaniel,clumber spaniel,clumber,english springer spaniel,english springer, \
    welsh springer spaniel,cocker spaniel,english cocker spaniel,cocker,sussex spaniel,irish water spaniel,kuvasz,schipperke, \
    groenendael dog,groenendael,malinois,briard,australian kelpie,kelpie,komondor,old english sheepdog,bobtail,shetland sheepdog, \
    shetland sheep dog,shetland,collie,border collie,bouvier des flandres dog,bouvier des flandres,bouviers des flandres,rottweiler, \
    german shepherd dog,german shepherd,german police dog,alsatian,dobermann,doberman,doberman pinscher,miniature pinscher, \
    greater swiss mountain dog,bernese mountain dog,appenzeller sennenhund,appenzeller,entlebucher sennenhund,entlebucher,boxer, \
    bullmastiff,bull mastiff,tibetan mastiff,french bulldog,great dane,st. bernard,saint bernard,st bernard,husky,eskimo dog, \
    alaskan malamute,malamute,malemute,siberian husky,dalmatian,coach dog,carriage dog,affenpinscher,monkey pinscher,monkey dog,basenji, \
    pug,pug-dog,leonberger,leonberg,newfoundland dog,newfoundland,great pyrenees dog,great pyrenees,samoyed,samoyede,pomeranian, \
    chow chow,chow,keeshond,brussels griffon,brabancon griffon,pembroke welsh corgi,pembroke,cardigan welsh corgi,cardigan,toy poodle, \
    miniature poodle,standard poodle,mexican hairless dog (xoloitzcuintli),mexican hairless
    horse: common sorrel horse,sorrel
    sheep: ram (adult male sheep),ram,tup
    cow: ox
    elephant: asian elephant,indian elephant,elephas maximus,african bush elephant,african elephant,loxodonta africana
    bear: brown bear,bruin,ursus arctos,american black bear,black bear,ursus americanus,euarctos americanus,polar bear,ice bear, \
    ursus maritimus,thalarctos maritimus,sloth bear,melursus ursinus,ursus ursinus
    backpack: back pack,knapsack,packsack,rucksack,haversack
    tie: bolo tie,bolo,bola tie,bola,bow tie,bow-tie,bowtie,windsor tie
    skis: ski
    sports ball: baseball,basketball,croquet ball,golf ball,ping-pong ball,punching bag,punch bag,punching ball,punchball,rugby ball, \
    soccer ball,tennis ball,volleyball ball,volleyball
    tennis racket: racket,racquet
    bottle: beer bottle,pill bottle,soda bottle,pop bottle,water bottle,water jug,whiskey jug,wine bottle
    wine glass: beer glass,goblet
    cup: coffee mug
    knife: cleaver,meat cleaver,chopper,letter opener,paper knife,paperknife
    spoon: wooden spoon
    bowl: mixing bowl,soup bowl
    apple: granny smith apple,granny smith
    sandwich: cheeseburger,hot dog,hotdog,red hot
    hot dog: hotdog,red hot
    pizza: pizza pie
    chair: barber chair,folding chair,rocking chair,rocker,throne
    couch: studio couch,day bed
    potted plant: plant pot,pot,flowerpot
    bed: four-poster bed,four-poster
    dining table: desk,pool table,billiard table,snooker table
    tv: crt monitor,screen,crt screen
    laptop: laptop computer
    mouse: computer mouse
    remote: remote control
    keyboard: computer keyboard,keypad,typewriter keyboard
    cell phone: mobile phone,cellular telephone,cellular phone,cellphone,cell
    microwave: microwave oven
    oven: dutch oven,rotisserie
    refrigerator: icebox
    clock: analog clock,digital clock,wall clock
    teddy bear: teddy
    hair drier: hair dryer,hand blower,blow dryer,blow drier
    """
