/**
 * The words of a fingerprint: one for each value of a byte, short, common, and unlike one another
 * when read out over a bad line. The order is part of the format and never changes.
 * @module
 */

export const FINGERPRINT_WORDS: readonly string[] = `
acorn adult alarm album amber anchor angle ankle apple apron arrow atlas
autumn axle bacon badge bagel bamboo banjo barn basket beach beard beetle
bench bicycle bishop blanket blossom bonfire bottle bridge bronze brush bucket buffalo
butter cabin cactus camel candle canoe canyon carpet castle cellar chalk cherry
chimney cinema circus clarinet cliff clock clover cobalt coffee comet copper coral
cotton cousin cradle crater cricket crystal curtain cushion daisy dancer denim desert
diamond dinner dolphin donkey dragon drawer drum eagle easel echo elbow elephant
ember emerald engine envelope exit fabric falcon farmer feather fiddle finger flamingo
flute forest fossil fountain fox freckle frost galaxy garden garlic gazelle geyser
giant ginger giraffe glacier glove goblet gorilla granite grape guitar hammer harbour
harvest hazel hedgehog helmet heron hippo honey horizon hotel hunter icicle igloo
indigo insect island ivory jacket jaguar jasmine jelly jigsaw journal jungle kayak
kettle kitchen kiwi koala ladder lagoon lantern lasso lava lemon leopard library
lilac lizard lobster locket lotus lunch magnet mango maple marble mask meadow
melon mercury mirror monkey mosaic moth mountain muffin mustard napkin nectar needle
nickel noodle novel nugget nurse oasis oatmeal ocean octopus olive onion opera
orbit orchid ostrich otter oven oyster paddle palace panther papaya parrot pebble
pelican pencil pepper piano picnic pigeon pillow pirate planet plum pocket poppy
potato pumpkin puzzle pyramid quartz quilt rabbit raccoon radio raven ribbon river
rocket ruby saddle salmon sandal satellite scarf scissors shadow spider spoon sunset
tablet teapot thunder tiger tulip turnip umbrella velvet violin volcano walnut wizard
yoghurt zebra zigzag zipper
`
  .trim()
  .split(/\s+/);
